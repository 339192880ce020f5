package org.heliostat.tests;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The walls of the house: which module and which class may know what. */
@AnalyzeClasses(packages = "org.heliostat", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String HAL = "org.heliostat.hal..";
  private static final String CORE = "org.heliostat.core..";
  private static final String PROTOCOL = "org.heliostat.protocol..";
  private static final String PAYLOAD = "org.heliostat.payload..";
  private static final String CODEC = "org.heliostat.payload.codec..";
  private static final String HIL = "org.heliostat.hil..";
  private static final String[] JDK = {"java..", "javax.."};
  private static final String NULLNESS = "org.jspecify..";
  private static final String[] FLIGHT = {HAL, CORE, PROTOCOL, PAYLOAD};

  /** A process's own door to its terminal. */
  private static final DescribedPredicate<JavaClass> MAIN =
      DescribedPredicate.describe(
          "a class with a main method",
          type ->
              type.getMethods().stream()
                  .anyMatch(
                      method ->
                          method.getName().equals("main")
                              && method.getRawParameterTypes().size() == 1));

  // ---- modules

  @ArchTest
  static final ArchRule halKnowsTheJdkAndJnaAndNothingElse =
      classes()
          .that()
          .resideInAPackage(HAL)
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(JDK).or(resideInAnyPackage(HAL, "com.sun.jna..", NULLNESS)));

  @ArchTest
  static final ArchRule theProtocolIsSharedAndKnowsNoSide =
      noClasses()
          .that()
          .resideInAPackage(PROTOCOL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(HAL, CORE, PAYLOAD, HIL);

  @ArchTest
  static final ArchRule flightCoreKnowsNeitherPayloadNorTheWorld =
      noClasses()
          .that()
          .resideInAnyPackage(CORE, PROTOCOL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PAYLOAD, HIL);

  @ArchTest
  static final ArchRule payloadDoesNotKnowTheWorld =
      noClasses()
          .that()
          .resideInAPackage(PAYLOAD)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(HIL);

  @ArchTest
  static final ArchRule theCodecsKnowNoSatellite =
      classes()
          .that()
          .resideInAPackage(CODEC)
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(JDK).or(resideInAnyPackage(CODEC, PROTOCOL, NULLNESS)));

  @ArchTest
  static final ArchRule theWorldSharesProtocolAndCodecsOnly =
      noClasses()
          .that()
          .resideInAPackage(HIL)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(FLIGHT).and(resideOutsideOfPackages(PROTOCOL, CODEC)));

  // ---- libraries

  @ArchTest
  static final ArchRule onlyTheMqttPortKnowsPaho =
      noClasses()
          .that()
          .haveNameNotMatching("org\\.heliostat\\.protocol\\.MqttPort(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.paho..");

  @ArchTest
  static final ArchRule onlyTheHalKnowsJna =
      noClasses()
          .that()
          .resideOutsideOfPackages(HAL)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.jna..");

  /** Functions are bound in one class a library; what holds memory for them is free to pass it. */
  @ArchTest
  static final ArchRule nativeFunctionsAreBoundInOneClassALibrary =
      noClasses()
          .that()
          .resideInAPackage(HAL)
          .and()
          .haveNameNotMatching(
              "org\\.heliostat\\.hal\\.os\\.(NativeLibc|NativeNvml|NativeHost|NamedLibrary)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("com.sun.jna.Native")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("com.sun.jna.NativeLibrary");

  @Test
  void boardCardAndHostCallsAreTheNativeMethodsOfThreeClasses() {
    Set<String> owners = new TreeSet<>();
    for (JavaClass type : flight()) {
      type.getMethods().stream()
          .filter(
              method ->
                  method
                      .getModifiers()
                      .contains(com.tngtech.archunit.core.domain.JavaModifier.NATIVE))
          .forEach(method -> owners.add(type.getName()));
    }
    assertThat(owners)
        .containsExactly(
            // scheduling and memory of the process itself: on a rig it is as real as on a board
            "org.heliostat.hal.os.NativeHost$Calls",
            "org.heliostat.hal.os.NativeLibc$Calls",
            "org.heliostat.hal.os.NativeNvml$Calls",
            "org.heliostat.hal.os.NativeNvml$Newer");
  }

  @ArchTest
  static final ArchRule onlyTheWorkerKnowsTheInferenceRuntime =
      noClasses()
          .that()
          .resideOutsideOfPackages("org.heliostat.payload.worker..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.onnxruntime..");

  @ArchTest
  static final ArchRule onlyTheFrameReadersKnowTiff =
      noClasses()
          .that()
          .resideInAnyPackage(FLIGHT)
          .and()
          .resideOutsideOfPackages("org.heliostat.payload.frame..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("mil.nga..");

  // ---- time and output

  @ArchTest
  static final ArchRule nobodyOnBoardReadsTheWallClock =
      noClasses()
          .that()
          .resideInAnyPackage(FLIGHT)
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(java.time.LocalDateTime.class, "now")
          .orShould()
          .callMethod(java.time.LocalDate.class, "now")
          .orShould()
          .callMethod(java.time.ZonedDateTime.class, "now")
          .orShould()
          .callMethod(java.time.OffsetDateTime.class, "now")
          .orShould()
          .callConstructor(java.util.Date.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.time.Clock.class);

  @ArchTest
  static final ArchRule onlyAMainWritesToTheTerminal =
      noClasses()
          .that(DescribedPredicate.not(MAIN))
          .and()
          .resideInAnyPackage(FLIGHT)
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule nobodyUsesAnotherLogger =
      noClasses()
          .that()
          .resideInAnyPackage(FLIGHT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.slf4j..", "java.util.logging..");

  // ---- what bytecode does not show

  private static JavaClasses flight() {
    return new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages(
            "org.heliostat.hal",
            "org.heliostat.core",
            "org.heliostat.protocol",
            "org.heliostat.payload");
  }

  @Test
  void theTestLooksAtClassesAtAll() {
    JavaClasses flight = flight();
    assertThat(flight.contain("org.heliostat.hal.Board")).isTrue();
    assertThat(flight.contain("org.heliostat.core.Main")).isTrue();
    assertThat(flight.contain("org.heliostat.protocol.MqttPort")).isTrue();
    assertThat(flight.contain("org.heliostat.payload.manager.PayloadApp")).isTrue();
    assertThat(
            new ClassFileImporter()
                .importPackages("org.heliostat.hil")
                .contain("org.heliostat.hil.rig.RigMain"))
        .isTrue();
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    List<Path> silent = new ArrayList<>();
    for (String module : Repository.MODULES) {
      for (Path file : Repository.files(module + "/src/main/java", ".java")) {
        Path info = file.resolveSibling("package-info.java");
        if (!Files.exists(info) || !Files.readString(info).startsWith("/**")) {
          silent.add(info);
        }
      }
    }
    assertThat(silent).isEmpty();
  }

  @Test
  void aCatchOfEverythingStandsOnlyAtAThreadsTop() throws IOException {
    Pattern wide = Pattern.compile("catch \\((final )?(Exception|Throwable)\\b");
    List<String> found = new ArrayList<>();
    for (String module : List.of("hal", "flight-core", "payload-ai")) {
      for (Path file : Repository.files(module + "/src/main/java", ".java")) {
        Matcher matcher = wide.matcher(Files.readString(file));
        // the executive is the top of every app's thread
        if (matcher.find() && !file.endsWith("Executive.java")) {
          found.add(file + ": " + matcher.group());
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void everyOfferedServiceExistsAndIsOne() throws Exception {
    int services = 0;
    for (String module : Repository.MODULES) {
      for (Path file : Repository.files(module + "/src/main/resources/META-INF/services", "")) {
        Class<?> service = Class.forName(String.valueOf(file.getFileName()));
        for (String line : Files.readAllLines(file)) {
          String name = line.replaceAll("#.*", "").trim();
          if (!name.isEmpty()) {
            Object offered = Class.forName(name).getDeclaredConstructor().newInstance();
            assertThat(service).isAssignableFrom(offered.getClass());
            services++;
          }
        }
      }
    }
    assertThat(services).isGreaterThanOrEqualTo(8);
  }

  @Test
  void modulesBuildOnTheModulesThatTheyMay() throws IOException {
    assertThat(ownDependencies("hal")).isEmpty();
    assertThat(ownDependencies("flight-core")).containsExactly("hal");
    assertThat(ownDependencies("payload-ai")).containsExactly("flight-core", "hal");
    assertThat(ownDependencies("hil")).isSubsetOf("flight-core", "payload-ai");
  }

  private static Set<String> ownDependencies(String module) throws IOException {
    String pom = Files.readString(Repository.ROOT.resolve(module).resolve("pom.xml"));
    Matcher matcher =
        Pattern.compile(
                "<dependency>\\s*<groupId>org\\.heliostat</groupId>\\s*<artifactId>([^<]+)<")
            .matcher(pom);
    Set<String> found = new TreeSet<>();
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
