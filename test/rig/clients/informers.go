package main

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// client is what an informer is made from.
type client struct {
	config    *rest.Config
	resources []string
	counts    *counts
}

// start begins to follow the collections; it returns when all were read once.
func start(ctx context.Context, mode string, from client) (stores, error) {
	switch mode {
	case "typed":
		return startTyped(ctx, from)
	case "dynamic":
		return startDynamic(ctx, from)
	case "metadata":
		return startMetadata(ctx, from)
	case "cache":
		return startCache(ctx, from)
	default:
		return nil, fmt.Errorf("no mode %q", mode)
	}
}

// startTyped asks for protobuf, as the controllers of Kubernetes do.
func startTyped(ctx context.Context, from client) (stores, error) {
	config := rest.CopyConfig(from.config)
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactory(set, 0)
	return from.follow(ctx, func(resource string) (cache.SharedIndexInformer, error) {
		generic, err := factory.ForResource(groups[resource].WithResource(resource))
		if err != nil {
			return nil, err
		}
		return generic.Informer(), nil
	})
}

func startDynamic(ctx context.Context, from client) (stores, error) {
	set, err := dynamic.NewForConfig(from.config)
	if err != nil {
		return nil, err
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(set, 0)
	return from.follow(ctx, func(resource string) (cache.SharedIndexInformer, error) {
		return factory.ForResource(groups[resource].WithResource(resource)).Informer(), nil
	})
}

func startMetadata(ctx context.Context, from client) (stores, error) {
	set, err := metadata.NewForConfig(from.config)
	if err != nil {
		return nil, err
	}
	factory := metadatainformer.NewSharedInformerFactory(set, 0)
	return from.follow(ctx, func(resource string) (cache.SharedIndexInformer, error) {
		return factory.ForResource(groups[resource].WithResource(resource)).Informer(), nil
	})
}

func (c client) follow(
	ctx context.Context,
	informerOf func(resource string) (cache.SharedIndexInformer, error),
) (stores, error) {
	followed := stores{}
	var synced []cache.InformerSynced
	for _, resource := range c.resources {
		informer, err := informerOf(resource)
		if err != nil {
			return nil, err
		}
		if err := informer.SetWatchErrorHandlerWithContext(c.counts.failed); err != nil {
			return nil, err
		}
		go informer.RunWithContext(ctx)
		synced = append(synced, informer.HasSynced)
		followed[resource] = func() ([]any, error) { return informer.GetStore().List(), nil }
	}
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return nil, errors.New("the informers did not sync")
	}
	return followed, nil
}
