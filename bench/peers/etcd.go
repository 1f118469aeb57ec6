package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// workloadEndpoint has the fields of Calico's v3 resource that an index of endpoints needs.
type workloadEndpoint struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Metadata   struct {
		Name              string            `json:"name"`
		Namespace         string            `json:"namespace"`
		UID               string            `json:"uid"`
		CreationTimestamp time.Time         `json:"creationTimestamp"`
		Labels            map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Orchestrator       string   `json:"orchestrator"`
		Node               string   `json:"node"`
		Pod                string   `json:"pod"`
		Endpoint           string   `json:"endpoint"`
		ServiceAccountName string   `json:"serviceAccountName"`
		IPNetworks         []string `json:"ipNetworks"`
		Profiles           []string `json:"profiles"`
		InterfaceName      string   `json:"interfaceName"`
		Ports              []struct {
			Name     string `json:"name"`
			Protocol string `json:"protocol"`
			Port     uint16 `json:"port"`
			HostPort uint16 `json:"hostPort"`
			HostIP   string `json:"hostIP"`
		} `json:"ports"`
	} `json:"spec"`
}

func dial(o options) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{o.Server}, DialTimeout: 10 * time.Second})
}

// runEtcdList reads all keys of a prefix at one revision into a map of structs; pageSize 0 asks for them whole.
func runEtcdList(o options) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	meter := startMeter()
	client, err := dial(o)
	if err != nil {
		return err
	}
	defer client.Close()
	store := make(map[string]*workloadEndpoint)
	if err := readAll(ctx, client, o, store); err != nil {
		return err
	}
	if len(store) < o.Count {
		return fmt.Errorf("%d of %d keys", len(store), o.Count)
	}
	measured := meter.stop(len(store))
	sayEvent("synced")
	say(measured.heap())
	if len(store) == 0 {
		return errors.New("nothing there")
	}
	return nil
}

func readAll(ctx context.Context, client *clientv3.Client, o options, store map[string]*workloadEndpoint) error {
	from, end, revision := o.Prefix, clientv3.GetPrefixRangeEnd(o.Prefix), int64(0)
	for {
		answer, err := client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithRev(revision), clientv3.WithLimit(o.PageSize))
		if err != nil {
			return err
		}
		revision = answer.Header.Revision
		for _, kv := range answer.Kvs {
			endpoint := new(workloadEndpoint)
			if err := json.Unmarshal(kv.Value, endpoint); err != nil {
				return err
			}
			store[string(kv.Key)] = endpoint
		}
		if !answer.More || len(answer.Kvs) == 0 {
			return nil
		}
		from = string(answer.Kvs[len(answer.Kvs)-1].Key) + "\x00"
	}
}

// runEtcdWatch says "ready" when the watch exists and measures count events, decoded into structs.
func runEtcdWatch(o options) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	client, err := dial(o)
	if err != nil {
		return err
	}
	defer client.Close()
	store := make(map[string]*workloadEndpoint)
	if err := readAll(ctx, client, o, store); err != nil {
		return err
	}
	watch := client.Watch(ctx, o.Prefix, clientv3.WithPrefix(), clientv3.WithFragment(), clientv3.WithCreatedNotify())
	<-watch
	time.Sleep(300 * time.Millisecond)
	meter := startMeter()
	sayEvent("ready")
	seen := 0
	var first time.Time
	for answer := range watch {
		if err := answer.Err(); err != nil {
			return err
		}
		for _, event := range answer.Events {
			if seen == 0 {
				first = time.Now()
			}
			endpoint := new(workloadEndpoint)
			if err := json.Unmarshal(event.Kv.Value, endpoint); err != nil {
				return err
			}
			store[string(event.Kv.Key)] = endpoint
			seen++
		}
		if seen >= o.Count {
			measured := meter.stop(seen)
			measured.WallMs = ms(time.Since(first))
			say(measured)
			return nil
		}
	}
	return errors.New("the watch ended early")
}
