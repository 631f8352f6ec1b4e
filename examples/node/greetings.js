// SPDX-License-Identifier: Apache-2.0
// Sends one greeting and reads it back as a member of a consumer group.
const { Kafka, logLevel } = require("kafkajs");

const kafka = new Kafka({ brokers: ["localhost:9092"], logLevel: logLevel.ERROR });
const topic = "greetings-node";

async function main() {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: "hello", value: "hello from Node" }] });
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: "greeters-node" });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve) => consumer.run({
    eachMessage: async ({ message }) => {
      console.log("received:", message.value.toString());
      resolve();
    },
  }));
  await consumer.disconnect();
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
