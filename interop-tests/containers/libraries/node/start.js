// SPDX-License-Identifier: Apache-2.0
// Starts the image by Testcontainers for Node, says where it listens, ends with standard input.
const { KafkaContainer } = require("@testcontainers/kafka");

async function main() {
  const kafka = await new KafkaContainer(process.argv[2]).withKraft().withExposedPorts(9093).start();
  console.log("bootstrap", `${kafka.getHost()}:${kafka.getMappedPort(9093)}`);
  process.stdin.resume();
  process.stdin.on("end", async () => {
    await kafka.stop();
    process.exit(0);
  });
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
