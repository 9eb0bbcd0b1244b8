package invoices.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import invoices.Pod;
import invoices.PostgresServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/** The program with the profile kafka, on a real server and a real broker. */
class RecordsTest {
  private static PostgresServer server;
  private static EmbeddedKafkaBroker broker;
  private static AdminClient admin;
  private static JdbcClient jdbc;
  private static int topics;
  private String topic;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
    jdbc = server.jdbc();
    broker = new EmbeddedKafkaKraftBroker(1, 1);
    broker.afterPropertiesSet();
    admin = AdminClient.create(Map.of("bootstrap.servers", broker.getBrokersAsString()));
    Pod schema = Pod.start("schema", "schema", server.variables());
    assertThat(schema.end()).as(schema.log()).isZero();
  }

  @AfterAll
  static void stop() throws Exception {
    if (admin != null) admin.close();
    if (broker != null) broker.destroy();
    if (server != null) server.close();
  }

  /** Each test has a topic, and a group, of its own. */
  @BeforeEach
  void createTopic() throws Exception {
    topic = "orders-" + ++topics;
    admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get(30, TimeUnit.SECONDS);
  }

  private Pod pod(String name, Map<String, String> more) throws Exception {
    Map<String, String> variables = new HashMap<>(server.variables());
    variables.putAll(Map.of(
        "KAFKA_BOOTSTRAP_SERVERS", broker.getBrokersAsString(),
        "QUEUE_NAME", topic,
        "QUEUE_ITEMS", "100",
        "INVOICES_TOPIC", topic,
        "INVOICES_PATIENCE", "30s",
        // The shortest that brokers allow.
        "SPRING_KAFKA_CONSUMER_PROPERTIES_SESSION_TIMEOUT_MS", "6000",
        "SPRING_KAFKA_CONSUMER_PROPERTIES_HEARTBEAT_INTERVAL_MS", "1000"));
    variables.putAll(more);
    return Pod.start("kafka", name, variables);
  }

  private static String order(long id) {
    return "{\"id\": %d, \"customer\": \"Ada\", \"net\": %d.50}".formatted(id, id);
  }

  private void send(int partition, String... values) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", broker.getBrokersAsString());
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (String value : values) producer.send(new ProducerRecord<>(topic, partition, null, value)).get(30, TimeUnit.SECONDS);
    }
  }

  private void sendOrders(int partition, int first, int last) throws Exception {
    List<String> values = new ArrayList<>();
    for (int id = first; id <= last; id++) values.add(order(id));
    send(partition, values.toArray(String[]::new));
  }

  /** What KEDA goes by. */
  private Map<Integer, Long> committed() throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get(30, TimeUnit.SECONDS);
    Map<Integer, Long> found = new HashMap<>();
    offsets.forEach((partition, offset) -> found.put(partition.partition(), offset.offset()));
    return found;
  }

  private int count(String table) {
    return jdbc.sql("SELECT count(*) FROM " + table + " WHERE topic = ?").param(topic).query(Integer.class).single();
  }

  private List<String> workers() {
    return jdbc.sql("SELECT DISTINCT worker FROM record_invoices WHERE topic = ? ORDER BY 1").param(topic).query(String.class).list();
  }

  @Test
  void readsBothPartitionsToTheirEnds() throws Exception {
    sendOrders(0, 1, 25);
    sendOrders(1, 26, 40);
    Pod pod = pod("pod", Map.of());
    assertThat(pod.end()).as(pod.log()).isZero();
    assertThat(count("record_invoices")).isEqualTo(40);
    assertThat(jdbc.sql("SELECT sum(total) FROM record_invoices WHERE topic = ?").param(topic).query(String.class).single()).isEqualTo("1008.00");
    assertThat(committed()).isEqualTo(Map.of(0, 25L, 1, 15L));
    Pod idle = pod("idle", Map.of());
    assertThat(idle.end()).as(idle.log()).isZero();
    assertThat(idle.log()).contains("records taken: 0");
  }

  @Test
  void takesNoMoreThanItsItemsAndLeavesTheRest() throws Exception {
    sendOrders(0, 1, 30);
    Pod first = pod("first", Map.of("QUEUE_ITEMS", "12"));
    assertThat(first.end()).as(first.log()).isZero();
    assertThat(committed()).containsEntry(0, 12L);
    Pod second = pod("second", Map.of());
    assertThat(second.end()).as(second.log()).isZero();
    assertThat(committed()).containsEntry(0, 30L);
    assertThat(count("record_invoices")).isEqualTo(30);
  }

  @Test
  void sharesThePartitionsWithOthers() throws Exception {
    sendOrders(0, 1, 40);
    sendOrders(1, 41, 80);
    List<Pod> pods = new ArrayList<>();
    for (int n = 0; n < 3; n++) pods.add(pod("pod-" + n, Map.of("INVOICES_WORK", "20ms")));
    for (Pod pod : pods) assertThat(pod.end()).as(pod.log()).isZero();
    // On a busy machine one may lose its place in the group after the others have ended. KEDA starts pods as long as records are left.
    for (int n = 3; n < 6 && count("record_invoices") < 80; n++) {
      Pod next = pod("pod-" + n, Map.of());
      assertThat(next.end()).as(next.log()).isZero();
    }
    assertThat(count("record_invoices")).isEqualTo(80);
    assertThat(committed()).isEqualTo(Map.of(0, 40L, 1, 40L));
  }

  @Test
  void doesARecordOnceThoughItsPodWasKilled() throws Exception {
    sendOrders(0, 1, 40);
    Pod killed = pod("killed", Map.of("INVOICES_WORK", "100ms"));
    killed.until("a chunk", () -> count("record_invoices") > 0);
    killed.kill();
    int before = count("record_invoices");
    Pod later = pod("later", Map.of());
    assertThat(later.end()).as(later.log()).isZero();
    assertThat(before).isLessThan(40);
    assertThat(count("record_invoices")).isEqualTo(40);
    assertThat(workers()).containsExactly("killed", "later");
    assertThat(committed()).containsEntry(0, 40L);
  }

  @Test
  void doesNothingAgainWhenTheOffsetsWereNotCommitted() throws Exception {
    sendOrders(0, 1, 20);
    assertThat(pod("first", Map.of("QUEUE_TRIES", "1")).end()).isZero();
    admin.alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0))).all().get(30, TimeUnit.SECONDS);
    // That is no further try: none of them is a dead letter.
    Pod second = pod("second", Map.of("QUEUE_TRIES", "1"));
    assertThat(second.end()).as(second.log()).isZero();
    assertThat(count("record_invoices")).isEqualTo(20);
    assertThat(count("record_dead_letters")).isZero();
    assertThat(workers()).containsExactly("first");
    assertThat(committed()).containsEntry(0, 20L);
  }

  @Test
  void putsAsideWhatFailsAtEachTryAndGoesOn() throws Exception {
    sendOrders(0, 1, 3);
    send(0, "{\"id\": 4, \"customer\": \"Ada\"}", "no order");
    sendOrders(0, 6, 9);
    sendOrders(1, 10, 14);
    for (int n = 1; n <= 3; n++) {
      Pod pod = pod("pod-" + n, Map.of("QUEUE_TRIES", "2"));
      assertThat(pod.end()).as(pod.log()).isEqualTo(3);
      // The other partition goes on at once; this one waits for its record.
      assertThat(committed()).containsAllEntriesOf(n == 1 ? Map.of(0, 3L, 1, 5L) : Map.of(1, 5L));
    }
    Pod last = pod("last", Map.of("QUEUE_TRIES", "2"));
    assertThat(last.end()).as(last.log()).isZero();
    assertThat(jdbc.sql("SELECT record_offset || ' ' || reason FROM record_dead_letters WHERE topic = ? ORDER BY 1").param(topic).query(String.class).list())
        .satisfiesExactly(
            first -> assertThat(first).isEqualTo("3 order 4 has no price"),
            second -> assertThat(second).startsWith("4 the record is no order: "));
    assertThat(count("record_invoices")).isEqualTo(12);
    assertThat(committed()).isEqualTo(Map.of(0, 9L, 1, 5L));
  }

  @Test
  void putsAsideARecordThatEndsItsRunEachTime() throws Exception {
    sendOrders(0, 1, 5);
    // The database refuses its customer, at which the run fails: as one that takes all memory would do.
    send(0, "{\"id\": 6, \"customer\": \"A\\u0000da\", \"net\": 1}");
    sendOrders(0, 7, 8);
    int runs = 0;
    for (int code = 1; code != 0 && runs < 8; runs++) {
      Pod pod = pod("pod-" + runs, Map.of("QUEUE_TRIES", "2"));
      code = pod.end();
      assertThat(code).as(pod.log()).isIn(0, 1, 3);
    }
    assertThat(count("record_invoices")).isEqualTo(7);
    assertThat(jdbc.sql("SELECT record_offset || ' ' || reason FROM record_dead_letters WHERE topic = ?").param(topic).query(String.class).list())
        .containsExactly("5 its run ended in the middle of the last try");
    assertThat(committed()).containsEntry(0, 8L);
  }

  @Test
  void failsWhenItsTopicIsNotThere() throws Exception {
    Pod pod = pod("pod", Map.of("INVOICES_TOPIC", "nothing", "INVOICES_PATIENCE", "3s"));
    assertThat(pod.end()).isEqualTo(1);
    assertThat(pod.log()).contains("Kafka has no topic nothing");
  }
}
