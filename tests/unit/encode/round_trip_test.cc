#include <bit>
#include <clocale>
#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "encode/names.h"
#include "samples.h"

// What was encoded, read back by a parser that takes only what every database takes.
namespace vmtelem {
namespace {

using namespace std::string_view_literals;

std::string RandomName(std::mt19937_64& random) {
  // Half of the bytes are those that mean something to a parser.
  constexpr std::string_view kSpecial = " ,=\\\"#\n\r\t\0ti\x7f\xc3\xbc\xf0\x9f"sv;
  std::string name(random() % 40, '\0');
  for (char& c : name) {
    const std::uint64_t bits = random();
    c = (bits & 1) != 0 ? kSpecial[(bits >> 8) % kSpecial.size()] : static_cast<char>(bits >> 8);
  }
  return name;
}

std::optional<std::string> TagFor(const std::string& name) {
  return name.empty() ? std::nullopt : std::optional(RepairName(name));
}

bool SameBits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

std::optional<double> RssRateReadBack(double rate) {
  DomainDerived derived;
  derived.has_features = true;
  derived.memory_rss_rate = rate;
  for (const ParsedLine& line : ParsedDomain({}, derived)) {
    const auto field = line.Field("mem_rss_bytes_rate");
    if (field) return std::get<double>(*field);
  }
  return std::nullopt;
}

TEST_CASE("any bytes in any name give lines that every database reads, with the repaired name in them") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    DomainStats domain = FullDomain();
    domain.name = RandomName(random);
    domain.nics[0].device = RandomName(random);
    domain.disks[0].device = RandomName(random);
    Snapshot snapshot = SnapshotOf({domain});
    snapshot.host = RandomName(random);
    const auto parsed = LineProtocolParser::Parse(EncodeDomains(snapshot, {FullDerived()}).bytes);
    REQUIRE(parsed.error.empty());
    REQUIRE(parsed.lines.size() == 4);
    for (const ParsedLine& line : parsed.lines) {
      REQUIRE(line.Tag("host") == TagFor(snapshot.host));
      REQUIRE(line.Tag("vm") == TagFor(domain.name));
      REQUIRE(line.Tag("uuid") == domain.uuid);
    }
    REQUIRE(parsed.lines[1].Tag("device") == TagFor(domain.nics[0].device));
    REQUIRE(parsed.lines[2].Tag("device") == TagFor(domain.disks[0].device));
  }
}

TEST_CASE("a double of any bit pattern comes back to the bit, or is left out if it is no number") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random());
    const auto back = RssRateReadBack(value);
    REQUIRE(back.has_value() == std::isfinite(value));
    if (back) REQUIRE(SameBits(*back, value));
  }
}

TEST_CASE("doubles at the edges come back to the bit") {
  using Limits = std::numeric_limits<double>;
  const double value = GENERATE(0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e21, 1e-5, 1e-7, 5e-324, -5e-324, Limits::min(),
                                Limits::max(), Limits::lowest(), 9007199254740993.0, 1.0 / 3);
  const auto back = RssRateReadBack(value);
  REQUIRE(back);
  CHECK(SameBits(*back, value));
}

TEST_CASE("integers at the edges come back") {
  const std::uint64_t value =
      GENERATE(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{10}, std::uint64_t{1} << 32,
               std::uint64_t{1} << 53, (std::uint64_t{1} << 53) + 1, static_cast<std::uint64_t>(INT64_MAX) - 1,
               static_cast<std::uint64_t>(INT64_MAX));
  DomainStats domain;
  domain.cpu.fill(value);
  CHECK(ParsedDomain(domain).at(0).Field("cpu_time_ns") == FieldValue(static_cast<std::int64_t>(value)));
}

TEST_CASE("negative integers come back") {
  DomainStats domain;
  domain.state = std::numeric_limits<int>::min();
  domain.domain_id = INT64_MIN;
  const ParsedLine line = ParsedDomain(domain).at(0);
  CHECK(line.Field("state") == FieldValue(std::int64_t{std::numeric_limits<int>::min()}));
  CHECK(line.Field("domain_id") == FieldValue(INT64_MIN));
}

TEST_CASE("a stamp of any time comes back") {
  const std::int64_t wall_ns = GENERATE(std::int64_t{1}, std::int64_t{-1}, INT64_MIN, INT64_MAX, kSampleNs);
  DomainStats domain = FullDomain();
  domain.stamp.wall_ns = wall_ns;
  for (const ParsedLine& line : ParsedDomain(domain, FullDerived())) CHECK(line.time_ns == wall_ns);
}

TEST_CASE("a locale with a decimal comma changes nothing") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) {
    WARN("skipped: the locale de_DE.UTF-8 is not installed");
    return;
  }
  const std::string text = EncodeDomains(SnapshotOf({FullDomain()}), {FullDerived()}).bytes;
  std::setlocale(LC_ALL, before.c_str());
  CHECK(text == EncodeDomains(SnapshotOf({FullDomain()}), {FullDerived()}).bytes);
}

}  // namespace
}  // namespace vmtelem
