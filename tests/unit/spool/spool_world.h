#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>
#include <sys/statvfs.h>

#include "fakes/default_settings.h"
#include "fakes/fake_clock.h"
#include "fakes/sample_lines.h"
#include "fakes/temporary_directory.h"
#include "spool/disk_spool.h"

namespace vmtelem {

// A spool in a temporary directory that can be opened again and again, as after a crash.
class SpoolWorld {
 public:
  static constexpr const char* kTarget = "v3_http%3A%2F%2Fdb%3A8181_telemetry";

  SpoolWorld() : root(temporary_.path() / "spool") { options.free_floor_bytes = options.free_floor_inodes = 0; }

  std::unique_ptr<DiskSpool> Open(const std::string& target = kTarget, SpoolRole role = SpoolRole::kPassing) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(log_);
    auto logger = MakeLogger(std::move(sink), LogFormat::kJournald, LogLevel::kTrace);
    return std::make_unique<DiskSpool>(options, SpoolLock(root, target, role), clock, std::move(logger));
  }

  [[nodiscard]] std::filesystem::path directory() const { return root / kTarget; }
  [[nodiscard]] std::string log() const { return log_.str(); }

  // Disk space of a file that is not empty and no longer than that.
  [[nodiscard]] std::uint64_t block_bytes() const {
    struct statvfs status {};
    return ::statvfs(temporary_.path().c_str(), &status) == 0 ? status.f_frsize : 0;
  }

  // The names of the batches in the target's directory, which is the order of their stamps if those have equal length.
  [[nodiscard]] std::vector<std::string> BatchFiles() const {
    std::vector<std::string> batches;
    for (const std::string& name : NamesIn(directory())) {
      if (ParseSpoolName(name)) batches.push_back(name);
    }
    return batches;
  }

 private:
  TemporaryDirectory temporary_;
  std::ostringstream log_;

 public:
  std::filesystem::path root;
  FakeClock clock;
  DeliveryOptions delivery = DefaultDelivery();
  DiskSpoolOptions options{delivery};
};

// The numbers of the first lines of all batches that the spool hands out, which it may forget.
inline std::vector<std::int64_t> Drain(Spool& spool) {
  std::vector<std::int64_t> first;
  while (const auto next = spool.Next()) {
    first.push_back(next->batch->first_wall_ns());
    spool.Acknowledge(next->id);
  }
  return first;
}

inline std::size_t LinesLost(const SpoolChanges& changes) {
  std::size_t lines = 0;
  for (const SpoolLoss& loss : changes.losses) lines += loss.lines;
  return lines;
}

}  // namespace vmtelem
