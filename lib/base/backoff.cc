#include "base/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

namespace vmtelem {

Backoff::Backoff(std::function<double()> random) : random_(std::move(random)) {}

Nanoseconds Backoff::Next(Nanoseconds cap, std::optional<Nanoseconds> retry_after) {
  const Nanoseconds ceiling = std::min(cap, ceiling_);
  ceiling_ = ceiling * 2;
  return AtLeast(Nanoseconds::zero(), retry_after) + Within(ceiling);
}

Nanoseconds Backoff::Within(Nanoseconds most) {
  return Nanoseconds(static_cast<Nanoseconds::rep>(static_cast<double>(most.count()) * random_()));
}

Nanoseconds Backoff::AtLeast(Nanoseconds wait, std::optional<Nanoseconds> retry_after) {
  return std::max(wait, std::min(retry_after.value_or(Nanoseconds::zero()), kMaxRetryAfter));
}

std::function<double()> SystemRandom() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

}  // namespace vmtelem
