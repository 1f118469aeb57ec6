// The program feed-client reads collections of a Kubernetes API with one of the stock informers of Go and shows its
// store. It prints one JSON line for each word on its standard input: "dump" prints the store, "counts" what it took to
// fill it. It prints {"synced":true} when every informer is synced, and ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// groups are those of the collections that can be read.
var groups = map[string]schema.GroupVersion{
	"services":          {Version: "v1"},
	"endpointslices":    {Group: "discovery.k8s.io", Version: "v1"},
	"workloadendpoints": {Group: "projectcalico.org", Version: "v3"},
	"hostendpoints":     {Group: "projectcalico.org", Version: "v3"},
	"profiles":          {Group: "projectcalico.org", Version: "v3"},
	"ippools":           {Group: "projectcalico.org", Version: "v3"},
	"remoteclusters":    {Group: "fedsyncd.io", Version: "v1alpha1"},
	"namespaces":        {Version: "v1"},
}

// lister gives the objects of a store.
type lister func() ([]any, error)

// stores are the collections that a client follows, by plural.
type stores map[string]lister

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file")
	contextName := flag.String("context", "", "of the kubeconfig; default: the current one")
	mode := flag.String("mode", "typed", "typed, dynamic, metadata or cache")
	resources := flag.String("resources", "services,endpointslices", "plural names, with commas between")
	flag.Parse()
	if err := run(*kubeconfig, *contextName, *mode, strings.Split(*resources, ",")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kubeconfig, contextName, mode string, resources []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	counts := newCounts()
	config, err := configOf(kubeconfig, contextName, counts)
	if err != nil {
		return err
	}
	followed, err := start(ctx, mode, client{config, resources, counts})
	if err != nil {
		return err
	}
	answer := json.NewEncoder(os.Stdout)
	answer.SetEscapeHTML(false)
	if err := answer.Encode(map[string]bool{"synced": true}); err != nil {
		return err
	}
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		var said any
		switch words.Text() {
		case "dump":
			if said, err = dump(followed); err != nil {
				return err
			}
		case "counts":
			said = counts.read()
		default:
			return fmt.Errorf("what is %q?", words.Text())
		}
		if err := answer.Encode(said); err != nil {
			return err
		}
	}
	return words.Err()
}

func configOf(kubeconfig, contextName string, counts *counts) (*rest.Config, error) {
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: contextName}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	config.Wrap(counts.wrap)
	return config, nil
}

func dump(followed stores) (map[string][]any, error) {
	all := map[string][]any{}
	for resource, list := range followed {
		objects, err := list()
		if err != nil {
			return nil, err
		}
		all[resource] = objects
	}
	return all, nil
}
