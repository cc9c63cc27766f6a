#include "libvirt/lane/thread_budget.h"

#include <vector>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using Use = ThreadBudget::Use;

struct Fixture {
  std::shared_ptr<ThreadBudget> budget = std::make_shared<ThreadBudget>(8);
  std::vector<ThreadPermit> permits;

  // How many more there are for this use.
  std::size_t TakeAll(Use use) {
    std::size_t taken = 0;
    for (auto permit = budget->Take(use, 1); permit; permit = budget->Take(use, 1), ++taken) {
      permits.push_back(std::move(*permit));
    }
    return taken;
  }
};

TEST_CASE_METHOD(Fixture, "needed threads may take the whole budget") { CHECK(TakeAll(Use::kNeeded) == 8); }

TEST_CASE_METHOD(Fixture, "spare threads leave a quarter to those that are needed") {
  CHECK(TakeAll(Use::kSpare) == 6);
  CHECK(TakeAll(Use::kNeeded) == 2);
}

TEST_CASE_METHOD(Fixture, "what a permit stood for is given back when it ends") {
  TakeAll(Use::kNeeded);
  permits.pop_back();
  CHECK(TakeAll(Use::kNeeded) == 1);
}

TEST_CASE_METHOD(Fixture, "a permit that was moved is given back once") {
  ThreadPermit first = std::move(*budget->Take(Use::kNeeded, 8));
  {
    const ThreadPermit second = std::move(first);
    CHECK(TakeAll(Use::kNeeded) == 0);
  }
  CHECK(TakeAll(Use::kNeeded) == 8);
}

TEST_CASE_METHOD(Fixture, "a thread with a child counts as two") {
  const auto with_child = budget->Take(Use::kNeeded, 2);
  REQUIRE(with_child);
  CHECK(TakeAll(Use::kNeeded) == 6);
}

TEST_CASE_METHOD(Fixture, "nothing is taken in part") {
  const auto most = budget->Take(Use::kNeeded, 7);
  CHECK_FALSE(budget->Take(Use::kNeeded, 2));
  CHECK(TakeAll(Use::kNeeded) == 1);
}

}  // namespace
}  // namespace vmtelem
