package main

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func podInformer(o options) (informers.SharedInformerFactory, cache.SharedIndexInformer, error) {
	// Read by client-go when the gate is first asked for.
	if !o.WatchList {
		os.Setenv("KUBE_FEATURE_WatchListClient", "false")
	}
	config := &rest.Config{Host: o.Server}
	if o.Kubeconfig != "" {
		loaded, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
		if err != nil {
			return nil, nil, err
		}
		config = loaded
	}
	config.QPS = -1
	if o.Format == "json" {
		config.ContentType = "application/json"
		config.AcceptContentTypes = "application/json"
	} else {
		config.ContentType = "application/vnd.kubernetes.protobuf"
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	factory := informers.NewSharedInformerFactory(clients, 0)
	return factory, factory.Core().V1().Pods().Informer(), nil
}

// waitSynced looks every millisecond: cache.WaitForCacheSync looks ten times a second only.
func waitSynced(ctx context.Context, informer cache.SharedIndexInformer, count int) error {
	for !informer.HasSynced() {
		if ctx.Err() != nil {
			return errors.New("informer not synced in time")
		}
		time.Sleep(time.Millisecond)
	}
	if got := len(informer.GetStore().ListKeys()); got < count {
		return errors.New("informer synced with too few objects")
	}
	return nil
}

// runInformer measures an informer until it is synced, then its live heap.
func runInformer(o options) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	meter := startMeter()
	factory, informer, err := podInformer(o)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if err := waitSynced(ctx, informer, o.Count); err != nil {
		return err
	}
	measured := meter.stop(len(informer.GetStore().ListKeys()))
	sayEvent("synced")
	say(measured.heap())
	return nil
}

// runInformerWatch says "ready" when synced and then measures from the first to the last of count updates.
func runInformerWatch(o options) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	factory, informer, err := podInformer(o)
	if err != nil {
		return err
	}
	var seen atomic.Int64
	var first, last atomic.Int64
	done := make(chan struct{})
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, current any) {
			if current.(*corev1.Pod).Name == "" {
				return
			}
			switch seen.Add(1) {
			case 1:
				first.Store(time.Now().UnixNano())
			case int64(o.Count):
				last.Store(time.Now().UnixNano())
				close(done)
			}
		},
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if err := waitSynced(ctx, informer, 1); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)
	meter := startMeter()
	sayEvent("ready")
	select {
	case <-done:
	case <-ctx.Done():
		return errors.New("updates missing")
	}
	measured := meter.stop(int(seen.Load()))
	measured.WallMs = float64(last.Load()-first.Load()) / 1e6
	say(measured)
	return nil
}
