#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "agent/collectors.h"
#include "fakes/fake_source.h"

namespace vmtelem {

inline const std::vector<Hypervisor> kOneHypervisor{{.uri = "fake:///one"}};

// Gives out this source, once.
inline Collectors::MakeSource Giving(std::unique_ptr<FakeSource> source) {
  auto held = std::make_shared<std::unique_ptr<FakeSource>>(std::move(source));
  return [held](const Hypervisor&) { return std::move(*held); };
}

}  // namespace vmtelem
