#include "libvirt/asking_order.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::optional<std::int64_t>>;

struct Asked {
  void Note(const Ids& running) { order.Note(clock.SteadyNow(), Refs(running)); }
  Ids Arranged(const Ids& due) {
    DomainRefs domains = Refs(due);
    order.Arrange(domains);
    Ids ids;
    for (const auto& domain : domains) ids.push_back(domain->id);
    return ids;
  }
  static DomainRefs Refs(const Ids& ids) {
    DomainRefs refs;
    for (const auto id : ids) refs.push_back(std::make_shared<const DomainRef>(DomainRef{"uuid", "name", id}));
    return refs;
  }

  FakeClock clock;
  AskingOrder order;
};

TEST_CASE_METHOD(Asked, "VMs that ran from the start take turns in being the last") {
  Note({1, 2, 3});
  CHECK(Arranged({1, 2, 3}) == Ids{2, 3, 1});
  CHECK(Arranged({1, 2, 3}) == Ids{3, 1, 2});
  CHECK(Arranged({1, 2, 3}) == Ids{1, 2, 3});
}

TEST_CASE_METHOD(Asked, "VMs that were started lately come after all others") {
  Note({1, 2});
  CHECK(Arranged({7, 1, 8, 2}) == Ids{2, 1, 7, 8});
}

TEST_CASE_METHOD(Asked, "a VM counts as started lately for ten to twenty seconds") {
  Note({1});
  for (int second = 1; second <= 20; ++second) {
    clock.Advance(1s);
    Note({2, 1});
    if (second <= 10) CHECK(Arranged({2, 1}) == Ids{1, 2});
  }
  CHECK(Arranged({2, 1}).back() != Arranged({2, 1}).back());
}

TEST_CASE_METHOD(Asked, "a VM without an id never counts as started lately") {
  Note({std::nullopt, 1});
  CHECK(Arranged({2, std::nullopt}) == Ids{std::nullopt, 2});
}

TEST_CASE_METHOD(Asked, "where no VM ran at first nothing is known of any") {
  Note({});
  CHECK(Arranged({1, 2}).back() != Arranged({1, 2}).back());
}

TEST_CASE_METHOD(Asked, "nobody to ask is no trouble") {
  Note({});
  CHECK(Arranged({}).empty());
}

}  // namespace
}  // namespace vmtelem
