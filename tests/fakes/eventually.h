#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace vmtelem {

// Waits for what another thread will do and cannot announce. False if it has not done it in half a minute.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace vmtelem
