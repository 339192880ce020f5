package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrokerUrlTest {
  @ParameterizedTest
  @CsvSource({
    "tcp://h:1883, false, ''",
    "tcp://127.0.0.1, false, ''",
    "ssl://h:8883, true, ''",
    "tcp://h:1883, true, TLS is configured",
    "ssl://h:8883, false, no certificates are configured",
    "http://h, false, not of the form",
    "h:1883, false, not of the form",
    "'', false, not of the form",
    "tcp://, false, ",
    "tcp://h:99999, false, no port within",
    "tcp://h:0, false, no port within",
    "'ssl://a b', true, no URL",
  })
  void saysWhatIsWrong(String url, boolean tls, String words) {
    if (words != null && words.isEmpty()) {
      assertThat(BrokerUrl.problem(url, tls)).isEmpty();
    } else {
      assertThat(BrokerUrl.problem(url, tls).orElseThrow()).contains(words == null ? "" : words);
    }
  }
}
