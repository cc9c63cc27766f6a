#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/request.h"

struct MHD_Connection;

namespace vmtelem {

// A request while it comes in, held to its limits. Server's thread.
class MhdExchange {
 public:
  static constexpr std::size_t kMaxHeader_bytes = std::size_t{16} * 1024;  // with the line of the request
  static constexpr std::size_t kMaxBody_bytes = std::size_t{4} * 1024;
  // A body that is too large is read so far, for a client that is cut off while it sends does not see the answer.
  static constexpr std::size_t kMaxDiscarded_bytes = std::size_t{64} * 1024;

  // What is wrong with a request as such.
  struct Fault {
    int status;
    std::string_view detail;
    bool ends_it = false;  // there is no telling where it ends, or it is too far to read on
  };

  // `target` is what stands between the method and the version.
  explicit MhdExchange(std::string_view target);

  [[nodiscard]] bool has_headers() const { return has_headers_; }
  void TakeHeaders(MHD_Connection* connection, std::string_view method, std::string_view version);
  void TakeBody(std::string_view part);
  void NoteNul() { request_.holds_nul = true; }

  [[nodiscard]] const HttpRequest& request() const { return request_; }
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  void CheckHeaders(std::size_t header_bytes);
  void CheckFraming();

  HttpRequest request_;
  std::optional<Fault> fault_;
  std::size_t body_bytes_ = 0;  // those that were not kept too
  bool has_headers_ = false;
};

}  // namespace vmtelem
