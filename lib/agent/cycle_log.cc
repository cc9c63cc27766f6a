#include "agent/cycle_log.h"

#include "base/text.h"

namespace vmtelem {

void CycleLog::Note(const Result<void>& outcome, const Snapshot& snapshot) {
  NoteOutcome(outcome, snapshot);
  NoteProblems(snapshot);
  NoteHungVms(snapshot);
}

void CycleLog::NoteOutcome(const Result<void>& outcome, const Snapshot& snapshot) {
  if (!outcome && outcome.error().message != logged_fault_) {
    log_->warn("{}{}{}", outcome.error().message, outcome.error().hint.empty() ? "" : "; ", outcome.error().hint);
    logged_fault_ = outcome.error().message;
  } else if (outcome && !logged_fault_.empty()) {
    log_->info("{} answers again: {}", snapshot.host, CountOf(snapshot.domains.size(), "VM"));
    logged_fault_.clear();
  }
}

void CycleLog::NoteProblems(const Snapshot& snapshot) {
  const ProblemWatch::News news = problems_.Watch(snapshot.problems, snapshot.stamp.steady);
  if (!news.lasting.empty()) {
    log_->warn("{}: {} missing; the first: {}", snapshot.host, CountOf(news.lasting.size(), "reading"),
               news.lasting.front());
  }
  if (news.ended) log_->info("{}: what was missing is there again", snapshot.host);
}

void CycleLog::NoteHungVms(const Snapshot& snapshot) {
  const HungVmLog::News news = hung_vms_.Watch(snapshot);
  for (const std::string& line : news.begun) log_->warn("{}", line);
  for (const std::string& line : news.ended) log_->info("{}", line);
}

}  // namespace vmtelem
