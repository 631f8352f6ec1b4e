// SPDX-License-Identifier: Apache-2.0

// Package harness is what the Go programs of the matrix share: the records, and a line of JSON for each
// feature. A feature that cannot go on panics; that is its failure and nobody else's.
package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"
)

const Time = int64(1_600_000_000_000)

// Pair is a key and a value; nil is null.
type Pair struct{ Key, Value []byte }

type Header struct {
	Name  string
	Value []byte
}

var (
	Headers = []Header{{"a", []byte("1")}, {"a", []byte("2")}, {"b", []byte{0, 0xff, 0x10}}, {"empty", []byte{}}}
	Nulls   = []Pair{{nil, []byte("no key")}, {[]byte("no value"), nil}, {[]byte{}, []byte{}}}
	Large   = []byte(strings.Repeat("x", 5_000_000))
)

func Key(n int) []byte { return fmt.Appendf(nil, "k%d", n) }

func Value(n int) []byte { return fmt.Appendf(nil, "v%d %s", n, strings.Repeat("barnabas ", 20)) }

func Plain(first, end int) []Pair {
	pairs := []Pair{}
	for n := first; n < end; n++ {
		pairs = append(pairs, Pair{Key(n), Value(n)})
	}
	return pairs
}

type cannot string

// Cannot ends the feature: the client has no such thing.
func Cannot(why string) { panic(cannot(why)) }

func Expect(holds bool, otherwise ...any) {
	if !holds {
		panic(fmt.Sprint(otherwise...))
	}
}

func Must(err error) {
	if err != nil {
		panic(err)
	}
}

func Got[T any](value T, err error) T {
	Must(err)
	return value
}

func text(data []byte) string {
	if data == nil {
		return "null"
	}
	return fmt.Sprintf("%q", data)
}

func texts(pairs []Pair) []string {
	all := []string{}
	for _, pair := range pairs {
		all = append(all, text(pair.Key)+"="+text(pair.Value))
	}
	return all
}

// Same compares records in their order.
func Same(found, wanted []Pair) { compare(texts(found), texts(wanted)) }

// SameSet compares them in any order.
func SameSet(found, wanted []Pair) {
	one, other := texts(found), texts(wanted)
	sort.Strings(one)
	sort.Strings(other)
	compare(one, other)
}

func compare(found, wanted []string) {
	Expect(len(found) == len(wanted), len(found), " records instead of ", len(wanted))
	for at := range found {
		if found[at] != wanted[at] {
			panic(fmt.Sprintf("record %d: %.80s instead of %.80s", at, found[at], wanted[at]))
		}
	}
}

// WaitFor asks until it holds, for 40 s.
func WaitFor(what string, holds func() bool) {
	for end := time.Now().Add(40 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		Expect(time.Now().Before(end), "not in 40 s: ", what)
	}
}

type Feature func(bootstrap, topic string)

func run(feature Feature, bootstrap, topic string) (outcome, detail string) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case cannot:
			outcome, detail = "cannot", string(problem)
		default:
			outcome, detail = "fail", fmt.Sprint(problem)
		}
	}()
	feature(bootstrap, topic)
	return "pass", ""
}

// Main runs the features that the command line names; a codec's is codec.
func Main(codec func(bootstrap, topic, codec string), features map[string]Feature) {
	bootstrap, prefix := os.Args[1], os.Args[2]
	for _, name := range os.Args[3:] {
		feature, there := features[name]
		if !there {
			feature = func(bootstrap, topic string) { codec(bootstrap, topic, name) }
		}
		outcome, detail := run(feature, bootstrap, prefix+"."+name)
		line, _ := json.Marshal(struct {
			Feature string `json:"feature"`
			Outcome string `json:"outcome"`
			Detail  string `json:"detail"`
		}{name, outcome, detail})
		fmt.Println(string(line))
	}
}
