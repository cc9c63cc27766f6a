#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "influx/curl_handles.h"
#include "influx/open_connections.h"
#include "influx/transfer.h"

namespace vmtelem {

// The requests of one sink that are under way, on handles that are used again, with the connections that they share.
// Must not move: libcurl holds addresses. Writer's thread, but for Wake().
class TransferPool {
 public:
  struct Ended {
    Transfer* transfer;
    CURLcode code;
  };

  // `url` is that of WriteUrl(); `target` must outlive the pool.
  TransferPool(const InfluxTarget& target, std::string url)
      : target_(target), url_(std::move(url)), multi_(curl_multi_init()) {}

  // False if there is no memory, or if libcurl was built without what is asked of it.
  [[nodiscard]] bool IsUsable() { return multi_ != nullptr && MakeTransfer() != nullptr; }

  // A transfer to be prepared and started. Null if there is no memory.
  std::unique_ptr<Transfer> TakeIdle();
  // False if there is no memory.
  bool Start(std::unique_ptr<Transfer> transfer);
  // Sends the request of an ended transfer again. False if there is no memory.
  bool Restart(Transfer& transfer, ReuseTrial::Use use);
  // Does what can be done without waiting.
  void Perform();
  // A transfer that has ended and was not given out here yet, to be restarted or retired. Valid until then.
  std::optional<Ended> NextEnded();
  void Retire(const Transfer& transfer);
  void RetireAll();
  // Until something can be done, Wake() is called or the time has passed.
  void WaitFor(Nanoseconds timeout);
  void Wake() noexcept { curl_multi_wakeup(multi_.get()); }  // from any thread

  OpenConnections& connections() { return connections_; }

 private:
  std::unique_ptr<Transfer> MakeTransfer() { return Transfer::Make(target_, url_, connections_); }

  const InfluxTarget& target_;
  const std::string url_;
  OpenConnections connections_;  // before those that close sockets through it
  CurlMulti multi_;
  std::vector<std::unique_ptr<Transfer>> active_, idle_;
};

}  // namespace vmtelem
