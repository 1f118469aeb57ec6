package main

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	runtimeclient "sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// startCache follows by the cache of controller-runtime: typed where Kubernetes has the kind, else by discovery alone.
func startCache(ctx context.Context, from client) (stores, error) {
	http, err := rest.HTTPClientFor(from.config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(from.config, http)
	if err != nil {
		return nil, err
	}
	all, err := cache.New(from.config, cache.Options{
		Scheme: scheme.Scheme, Mapper: mapper, HTTPClient: http,
		DefaultWatchErrorHandler: func(ctx context.Context, reflector *toolscache.Reflector, err error) {
			from.counts.failed(ctx, reflector, err)
		},
	})
	if err != nil {
		return nil, err
	}
	followed := stores{}
	for _, resource := range from.resources {
		list, err := listOf(mapper, resource)
		if err != nil {
			return nil, err
		}
		followed[resource] = func() ([]any, error) {
			into := list.DeepCopyObject().(runtimeclient.ObjectList)
			if err := all.List(ctx, into); err != nil {
				return nil, err
			}
			return itemsOf(into)
		}
	}
	go func() { _ = all.Start(ctx) }()
	if !all.WaitForCacheSync(ctx) {
		return nil, errors.New("the cache did not sync")
	}
	// An informer starts when it is asked for first, and the question waits until it is synced.
	_, err = dump(followed)
	return followed, err
}

func listOf(mapper meta.RESTMapper, resource string) (runtimeclient.ObjectList, error) {
	switch resource {
	case "services":
		return &corev1.ServiceList{}, nil
	case "endpointslices":
		return &discoveryv1.EndpointSliceList{}, nil
	}
	kind, err := mapper.KindFor(groups[resource].WithResource(resource))
	if err != nil {
		return nil, err
	}
	list := &unstructured.UnstructuredList{}
	kind.Kind += "List"
	list.SetGroupVersionKind(kind)
	return list, nil
}

func itemsOf(list runtime.Object) ([]any, error) {
	objects, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(objects))
	for i, object := range objects {
		items[i] = object
	}
	return items, nil
}
