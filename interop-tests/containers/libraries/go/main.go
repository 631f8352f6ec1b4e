// SPDX-License-Identifier: Apache-2.0
// Starts the image by Testcontainers for Go, says where it listens, ends with standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/kafka"
)

func main() {
	ctx := context.Background()
	container, err := kafka.Run(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer testcontainers.TerminateContainer(container)
	brokers, err := container.Brokers(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("bootstrap", brokers[0])
	io.Copy(io.Discard, os.Stdin)
}
