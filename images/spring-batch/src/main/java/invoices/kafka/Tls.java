package invoices.kafka;

import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaConsumerFactoryCustomizer;
import org.springframework.context.annotation.Profile;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.stereotype.Component;

/** Certificates as text in variables: Kafka's clients take PEM as it is. */
@Component
@Profile("kafka")
class Tls implements DefaultKafkaConsumerFactoryCustomizer {
  private final String ca;
  private final String certificate;
  private final String key;

  Tls(@Value("${KAFKA_CA:}") String ca, @Value("${KAFKA_CERTIFICATE:}") String certificate, @Value("${KAFKA_KEY:}") String key) {
    this.ca = ca;
    this.certificate = certificate;
    this.key = key;
  }

  @Override
  public void customize(DefaultKafkaConsumerFactory<?, ?> factory) {
    if (!ca.isEmpty()) factory.updateConfigs(Map.of("ssl.truststore.type", "PEM", "ssl.truststore.certificates", ca));
    if (!certificate.isEmpty())
      factory.updateConfigs(Map.of("ssl.keystore.type", "PEM", "ssl.keystore.certificate.chain", certificate, "ssl.keystore.key", key));
  }
}
