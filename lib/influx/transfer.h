#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/clock.h"
#include "influx/curl_handles.h"
#include "influx/exchange_watch.h"
#include "influx/open_connections.h"
#include "influx/outcome.h"
#include "influx/reuse_trial.h"
#include "model/delivery.h"
#include "model/influx_target.h"

namespace vmtelem {

// One request and its reply on one easy handle, which is used again for the next so that libcurl keeps what it knows.
// Must not move while under way: libcurl holds its address. Writer's thread.
class Transfer {
 public:
  // `url` is that of WriteUrl(); `connections` must outlive the transfer. Null if there is no memory, or if libcurl was
  // built without what is asked of it.
  static std::unique_ptr<Transfer> Make(const InfluxTarget& target, const std::string& url,
                                        OpenConnections& connections);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The lines of a request, in the form in which they are sent.
  struct Body {
    std::shared_ptr<const Batch> batch;
    std::shared_ptr<const std::string> gzip;  // of the batch; null: it is sent as it is
  };
  void Prepare(TransferId id, Body body, CurlHeaders headers, SteadyTime now);
  void ChooseConnection(ReuseTrial::Use use);
  // The answer, when libcurl has said with `code` that the transfer is over.
  Reply TakeReply(CURLcode code);
  // The connection that is left open behind it.
  [[nodiscard]] OpenConnections::Connection LeftOpen() const;
  [[nodiscard]] bool IsOverHttp2() const;
  [[nodiscard]] const ExchangeWatch& watch() const { return watch_; }

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] TransferId id() const { return id_; }
  [[nodiscard]] const Batch& batch() const { return *body_.batch; }
  [[nodiscard]] SteadyTime started_at() const { return started_at_; }
  void Release();  // lets go of what belonged to the request

 private:
  Transfer(CurlEasy easy, OpenConnections& connections)
      : easy_(std::move(easy)), connections_(connections), watch_(connections) {}
  bool Configure(const InfluxTarget& target, const std::string& url);
  static std::size_t Keep(char* data, std::size_t size, std::size_t count, void* transfer);
  [[nodiscard]] std::string Location() const;
  [[nodiscard]] std::string ErrorText(CURLcode code) const;

  CurlEasy easy_;
  const OpenConnections& connections_;
  ExchangeWatch watch_;
  TransferId id_ = 0;
  Body body_;
  CurlHeaders headers_;
  SteadyTime started_at_{};
  std::size_t received_bytes_ = 0;  // of the reply, decoded
  std::string reply_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace vmtelem
