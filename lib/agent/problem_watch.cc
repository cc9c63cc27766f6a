#include "agent/problem_watch.h"

#include <utility>

namespace vmtelem {

ProblemWatch::News ProblemWatch::Watch(const std::vector<Error>& problems, SteadyTime now) {
  std::map<std::string, Seen> seen;
  News news;
  for (const Error& problem : problems) {
    const auto before = seen_.find(problem.message);
    const Seen now_seen = before == seen_.end() ? Seen{now, 1} : Seen{before->second.since, before->second.cycles + 1};
    const bool is_new = seen.emplace(problem.message, now_seen).second;
    if (is_new && now_seen.cycles >= kLastingCycles && now - now_seen.since >= kLasting)
      news.lasting.push_back(problem.message);
  }
  seen_ = std::move(seen);
  if (seen_.empty()) news.ended = std::exchange(reported_, false);
  if (reported_) news.lasting.clear();
  reported_ = reported_ || !news.lasting.empty();
  return news;
}

}  // namespace vmtelem
