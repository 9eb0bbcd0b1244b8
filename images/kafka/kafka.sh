#!/bin/sh
# usage: kafka serve | topics NAME:PARTITIONS... | run CLASS [ARGUMENT...]
#   serve   a broker that is its own controller, on the folder $KAFKA_DATA
#   topics  makes the topics that are not there, and gives more partitions to those that have too few
#   run     one of Kafka's commands, such as org.apache.kafka.tools.ConsoleProducer
# Variables of serve: KAFKA_DATA, KAFKA_CLUSTER_ID, KAFKA_HOST (the name by which clients reach it), KAFKA_HEAP (such as 256m), KAFKA_RETENTION_HOURS;
# of topics: KAFKA_BOOTSTRAP_SERVERS.
set -eu

command=${1:-}
[ $# -eq 0 ] || shift

java_of() {
  heap=$1
  shift
  exec java "-Xmx$heap" -XX:+UseSerialGC -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError -Dorg.slf4j.simpleLogger.defaultLogLevel="${KAFKA_LOG_LEVEL:-warn}" \
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat="yyyy-MM-dd'T'HH:mm:ss.SSSXXX" -cp '/opt/kafka/lib/*' "$@"
}

tool() {
  (java_of 64m -XX:TieredStopAtLevel=1 "$@")
}

serve() {
  properties=/tmp/server.properties
  # For one node: whatever Kafka keeps of itself has one replica. The cleaner's buffer is 128 MB by default.
  cat >"$properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
listeners=PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093
advertised.listeners=PLAINTEXT://$KAFKA_HOST:9092
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$KAFKA_DATA/log
log.retention.hours=$KAFKA_RETENTION_HOURS
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=4194304
auto.create.topics.enable=false
offsets.topic.num.partitions=5
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
END
  tool kafka.tools.StorageTool format --ignore-formatted --cluster-id "$KAFKA_CLUSTER_ID" --config "$properties"
  java_of "$KAFKA_HEAP" kafka.Kafka "$properties"
}

topic() {
  tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" "$@"
}

topics() {
  # One line for each: Topic: orders TopicId: … PartitionCount: 4 …
  known=$(topic --describe --exclude-internal | sed -n 's/^Topic: \([^[:space:]]*\).*PartitionCount: \([0-9]*\).*/\1:\2/p')
  for wanted in "$@"; do
    name=${wanted%%:*}
    partitions=${wanted##*:}
    has=$(printf '%s\n' "$known" | sed -n "s/^$name://p")
    if [ -z "$has" ]; then
      topic --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor 1
    elif [ "$has" -lt "$partitions" ]; then
      topic --alter --topic "$name" --partitions "$partitions"
      echo "topic $name: has $partitions partitions now, and had $has"
    elif [ "$has" -gt "$partitions" ]; then
      echo "topic $name: has $has partitions, and Kafka cannot take any away: $partitions must be at least $has" >&2
      exit 1
    else
      echo "topic $name: has $has partitions"
    fi
  done
}

case $command in
  serve) serve ;;
  topics) topics "$@" ;;
  run) java_of 128m "$@" ;;
  *)
    echo "usage: kafka serve | topics NAME:PARTITIONS... | run CLASS [ARGUMENT...]" >&2
    exit 2
    ;;
esac
