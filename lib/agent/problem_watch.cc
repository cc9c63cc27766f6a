#include "agent/problem_watch.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

ProblemWatch::News ProblemWatch::Watch(const std::vector<Error>& problems, SteadyTime now) {
  std::map<std::string, Seen> seen;
  News news;
  for (const Error& problem : problems) {
    const auto before = seen_.find(problem.message);
    Seen each = before == seen_.end() ? Seen{now} : before->second;
    ++each.cycles;
    const bool lasts = each.cycles >= kLastingCycles && now - each.since >= kLasting;
    const bool is_news = lasts && !each.reported;
    each.reported = each.reported || lasts;
    if (seen.emplace(problem.message, each).second && is_news) news.lasting.push_back(problem.message);
  }
  seen_ = std::move(seen);
  const bool any = std::any_of(seen_.begin(), seen_.end(), [](const auto& item) { return item.second.reported; });
  news.ended = std::exchange(any_reported_, any) && !any;
  return news;
}

}  // namespace vmtelem
