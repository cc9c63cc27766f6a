#include "spool/spool_log.h"

#include "base/parse.h"

namespace vmtelem {

void SpoolLog::WarnSometimes(const std::string& kind, const std::string& message) {
  const auto left_out = throttle_.Admit(kind, clock_.SteadyNow());
  if (!left_out) return;
  if (*left_out == 0) {
    log_->warn(message);
  } else {
    log_->warn("{} ({} more like this since the last message)", message, *left_out);
  }
}

void SpoolLog::SayDisk(const std::optional<std::string>& trouble, const std::string& path,
                       std::uint64_t memory_max_bytes) {
  if (trouble == logged_trouble_) return;
  if (!throttle_.Admit(trouble ? "trouble" : "recovered", clock_.SteadyNow())) return;
  logged_trouble_ = trouble;
  if (trouble) {
    log_->warn("cannot write to the spool {}: {}; {} of memory are used instead", path, *trouble,
               FormatSize(memory_max_bytes));
  } else {
    log_->info("the spool {} takes batches again", path);
  }
}

}  // namespace vmtelem
