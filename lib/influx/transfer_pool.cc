#include "influx/transfer_pool.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

constexpr Nanoseconds kLongestPoll = std::chrono::hours(1);  // curl_multi_poll() takes an int of milliseconds

}  // namespace

std::unique_ptr<Transfer> TransferPool::TakeIdle() {
  if (idle_.empty()) return MakeTransfer();
  std::unique_ptr<Transfer> transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

bool TransferPool::Start(std::unique_ptr<Transfer> transfer) {
  if (curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) return false;
  active_.push_back(std::move(transfer));
  return true;
}

bool TransferPool::Restart(Transfer& transfer, ReuseTrial::Use use) {
  curl_multi_remove_handle(multi_.get(), transfer.easy());
  transfer.ChooseConnection(use);
  return curl_multi_add_handle(multi_.get(), transfer.easy()) == CURLM_OK;
}

void TransferPool::Perform() {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
}

std::optional<TransferPool::Ended> TransferPool::NextEnded() {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = std::find_if(active_.begin(), active_.end(),
                                    [&](const auto& transfer) { return transfer->easy() == message->easy_handle; });
    return Ended{found->get(), message->data.result};
  }
  return std::nullopt;
}

void TransferPool::Retire(const Transfer& transfer) {
  const auto found =
      std::find_if(active_.begin(), active_.end(), [&](const auto& active) { return active.get() == &transfer; });
  curl_multi_remove_handle(multi_.get(), (*found)->easy());
  (*found)->Release();
  idle_.push_back(std::move(*found));
  active_.erase(found);
}

void TransferPool::RetireAll() {
  while (!active_.empty()) Retire(*active_.front());
}

void TransferPool::WaitFor(Nanoseconds timeout) {
  const auto poll_ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(timeout, kLongestPoll)).count();
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(poll_ms), nullptr);
}

}  // namespace vmtelem
