#include "libvirt/api/descriptor_budget.h"

#include <array>
#include <optional>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libvirt/api/open_descriptors.h"

namespace vmtelem {
namespace {

constexpr std::size_t kAny = 1'000'000;

// Lowers the soft limit so that so many are left. Assertions need some themselves, where a sanitizer checks them.
class Left {
 public:
  explicit Left(int left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(left);
    while (lower.rlim_cur - CountOpenDescriptors(lower.rlim_cur).value() < static_cast<rlim_t>(left)) ++lower.rlim_cur;
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~Left() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("open descriptors are counted") {
  const std::size_t before = CountOpenDescriptors(kAny).value();
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  CHECK(CountOpenDescriptors(kAny) == before + 2);
  for (const int end : ends) ::close(end);
  CHECK(CountOpenDescriptors(kAny) == before);
}

TEST_CASE("a descriptor above a limit that was lowered takes no place below it") {
  const std::size_t below = CountOpenDescriptors(10).value();
  const int high = ::fcntl(0, F_DUPFD, 10);
  CHECK(CountOpenDescriptors(10) == below);
  ::close(high);
}

TEST_CASE("so many descriptors may be claimed as are left beside the reserve") {
  const auto budget = std::make_shared<DescriptorBudget>(10);
  const Left left(14);
  CHECK_FALSE(budget->Claim(5));
  CHECK(budget->Claim(4));
}

TEST_CASE("what others have claimed is not left") {
  const auto budget = std::make_shared<DescriptorBudget>(10);
  const Left left(14);
  {
    const auto claim = budget->Claim(3);
    CHECK_FALSE(budget->Claim(2));
  }
  CHECK(budget->Claim(2));
}

TEST_CASE("a refusal says what is open, the limit and the reserve, and what to raise") {
  const auto budget = std::make_shared<DescriptorBudget>(10);
  const Left left(10);
  const auto refused = budget->Claim(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kCannotCreate);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  CHECK(refused.error().message.find(fmt::format("{} of {} descriptors", limit.rlim_cur - 10, limit.rlim_cur)) !=
        std::string::npos);
  CHECK(refused.error().message.find("keeps 10") != std::string::npos);
  CHECK(refused.error().hint.find("LimitNOFILE=") != std::string::npos);
}

TEST_CASE("with no descriptor left to look with, none may be claimed") {
  const auto budget = std::make_shared<DescriptorBudget>();
  std::optional<Left> left(0);
  const bool are_counted = CountOpenDescriptors(kAny).has_value();
  const bool may_be_claimed = budget->Claim(1).has_value();
  left.reset();
  CHECK_FALSE(are_counted);
  CHECK_FALSE(may_be_claimed);
}

}  // namespace
}  // namespace vmtelem
