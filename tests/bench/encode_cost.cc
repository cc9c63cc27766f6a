// What encoding costs beside a bare loop that copies the same names and does to_chars of the same values: CPU time of
// this thread, turn by turn, so that whatever else the machine does falls on both. VMs have two NICs and two disks
// each, which makes six lines. Fails where a bound is not kept: 3 times the bare loop, and for ten times the VMs 13
// times as long.
//
//   encode_cost [ROUNDS]        default: 20
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "derive/rate_tracker.h"
#include "encode/influx_encoder.h"
#include "fakes/null_logger.h"

namespace vmtelem {
namespace {

using std::chrono::seconds;

constexpr double kMostTimesBare = 3, kMostTimesTenth = 13;
constexpr std::int64_t kStartNs = 1'700'000'000'000'000'000;

template <class Values>
void Add(Values& values, std::mt19937_64& random) {
  for (auto& value : values) value = value.value_or(random() >> 24U) + (random() >> 44U);
}

// All counters of the VMs grow, by different numbers.
void Grow(Snapshot& snapshot, std::mt19937_64& random) {
  ++snapshot.cycle;
  for (DomainStats& domain : snapshot.domains) {
    domain.stamp.steady += seconds(1);
    domain.stamp.wall_ns += Nanoseconds(seconds(1)).count();
    Add(domain.cpu, random);
    Add(domain.memory, random);
    for (NicStats& nic : domain.nics) Add(nic.counters, random);
    for (DiskStats& disk : domain.disks) Add(disk.counters, random);
  }
}

DomainStats RunningVm(int number) {
  DomainStats domain;
  domain.name = fmt::format("guest-{:05}", number);
  domain.uuid = fmt::format("22222222-0000-4000-8000-{:012x}", number);
  domain.stamp.wall_ns = kStartNs;
  domain.domain_id = number;
  domain.state = domain.state_reason = 1;
  domain.vcpus = domain.vcpus_max = 4;
  domain.monitor_ok = true;
  for (const char* end : {"a", "b"}) {
    domain.nics.push_back({fmt::format("vnet{}{}", number, end), {}});
    domain.disks.push_back({fmt::format("vd{}", end), {}, {}});
  }
  return domain;
}

// The second of two samples of so many VMs, and what follows from both.
struct Sample {
  Snapshot snapshot;
  std::vector<DomainDerived> derived;
};

Sample SampleOf(int vms) {
  std::mt19937_64 random(1);
  Sample sample;
  sample.snapshot.host = "kvm001.example.org";
  sample.snapshot.up = true;
  for (int number = 0; number < vms; ++number) sample.snapshot.domains.push_back(RunningVm(number));
  RateTracker tracker;
  for (int i = 0; i < 2; ++i) {
    Grow(sample.snapshot, random);
    tracker.Derive(sample.snapshot, sample.derived);
  }
  return sample;
}

double CpuMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The program's encoder, as a collector uses it.
class Encoder {
 public:
  explicit Encoder(int vms) : sample_(SampleOf(vms)) { Encode(); }

  const Lines& Encode() {
    const std::size_t size = lines_.bytes.size();
    lines_ = {};
    lines_.bytes.reserve(size + size / 8);
    encoder_.AppendDomains(sample_.snapshot, sample_.derived, lines_);
    return lines_;
  }

 private:
  Sample sample_;
  InfluxEncoder encoder_{{}, MakeNullLogger()};
  Lines lines_;
};

// Writes lines that were written before: a text to copy, then a value to convert, if there is one, and so on.
class BareLoop {
 public:
  explicit BareLoop(const std::string& lines) : size_(lines.size()) {
    names_.reserve(lines.size());
    for (std::size_t begin = 0; begin < lines.size();) begin = TakePart(lines, begin);
  }

  const std::string& Write() {
    out_ = {};
    out_.reserve(size_ + size_ / 8);
    const char* name = names_.data();
    for (const Part& part : parts_) {
      out_.append(name, part.name_size);
      name += part.name_size;
      if (part.kind == Kind::kNone) continue;
      std::array<char, 32> text;  // NOLINT: filled by to_chars()
      char* const end = part.kind == Kind::kInteger
                            ? std::to_chars(text.data(), text.data() + text.size(), part.integer).ptr
                            : std::to_chars(text.data(), text.data() + text.size(), part.real).ptr;
      out_.append(text.data(), end);
    }
    return out_;
  }

 private:
  enum class Kind : std::uint8_t { kNone, kInteger, kReal };
  struct Part {
    std::uint32_t name_size;
    Kind kind;
    union {
      std::int64_t integer;
      double real;
    };
  };

  // From there to the end of the next value, or of the line. Stamps are copied: most are those of the line before.
  std::size_t TakePart(const std::string& lines, std::size_t begin) {
    const std::size_t value = lines.find_first_of("=\n", begin) + 1;
    if (lines[value - 1] == '\n') {
      Append({static_cast<std::uint32_t>(value - begin), Kind::kNone, {}},
             std::string_view(lines).substr(begin, value - begin));
      return value;
    }
    const std::size_t end = lines.find_first_of(", \n", value);
    const std::string_view text = std::string_view(lines).substr(value, end - value);
    Part part{static_cast<std::uint32_t>(value - begin), Kind::kNone, {}};
    if (text.back() == 'i' && IsWhole(text.substr(0, text.size() - 1), part.integer)) {
      part.kind = Kind::kInteger;
    } else if (IsWhole(text, part.real)) {
      part.kind = Kind::kReal;
    } else {
      part.name_size = static_cast<std::uint32_t>(end - begin);
    }
    Append(part, std::string_view(lines).substr(begin, part.name_size));
    if (part.kind == Kind::kNone) return end;
    return part.kind == Kind::kInteger ? end - 1 : end;
  }
  // Texts without a value between them are one.
  void Append(Part part, std::string_view name) {
    names_.append(name);
    if (!parts_.empty() && parts_.back().kind == Kind::kNone) {
      part.name_size += parts_.back().name_size;
      parts_.pop_back();
    }
    parts_.push_back(part);
  }
  template <class Value>
  static bool IsWhole(std::string_view text, Value& value) {
    return std::from_chars(text.data(), text.data() + text.size(), value).ptr == text.data() + text.size();
  }

  std::size_t size_;
  std::string names_, out_;
  std::vector<Part> parts_;
};

template <class Work>
double MsOf(const Work& work) {
  const double begin = CpuMs();
  work();
  return CpuMs() - begin;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Whether the bound is kept.
bool Report(const char* what, double ratio, double most) {
  fmt::print("{:<28} {:>6.2f}, at most {}\n", what, ratio, most);
  return ratio <= most;
}

int Run(int rounds) {
  Encoder many(10'000), few(1'000);
  BareLoop bare(many.Encode().bytes);
  if (bare.Write() != many.Encode().bytes) {
    fmt::print(stderr, "encode_cost: the bare loop writes something else\n");
    return EXIT_FAILURE;
  }
  std::vector<double> many_ms, few_ms, bare_ms;
  for (int i = 0; i < rounds; ++i) {
    many_ms.push_back(MsOf([&] { many.Encode(); }));
    bare_ms.push_back(MsOf([&] { bare.Write(); }));
    few_ms.push_back(MsOf([&] { few.Encode(); }));
  }
  fmt::print("10000 VMs, {} lines, {:.1f} MB: {:.2f} ms; 1000 VMs: {:.2f} ms; bare loop: {:.2f} ms; {} rounds\n",
             many.Encode().count, static_cast<double>(many.Encode().bytes.size()) / 1e6, Median(many_ms),
             Median(few_ms), Median(bare_ms), rounds);
  const bool is_cheap = Report("encoder ÷ bare loop", Median(many_ms) / Median(bare_ms), kMostTimesBare);
  const bool is_linear = Report("10000 VMs ÷ 1000 VMs", Median(many_ms) / Median(few_ms), kMostTimesTenth);
  return is_cheap && is_linear ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace vmtelem

int main(int argc, char** argv) { return vmtelem::Run(argc > 1 ? std::atoi(argv[1]) : 20); }
