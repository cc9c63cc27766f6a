#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/connection_table.h"
#include "http/mhd_exchange.h"
#include "http/responder.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace vmtelem {

// libmicrohttpd as a parser and sender of HTTP for connections that it is given. It has no thread of its own and no
// time-outs; it keeps the table of connections informed of what each is at. Server's thread, all of it.
//
// Facts about libmicrohttpd, found in the source of 0.9.75 and by tests/unit/http/server_*_test.cc:
// - With MHD_USE_EPOLL and no internal thread, readiness of the descriptor that MHD_DAEMON_INFO_EPOLL_FD gives says
// that
//   MHD_run() has work, and so does MHD_get_timeout(), which without time-outs is 0 or none.
// - MHD_add_connection() then takes a connection at once, and closes it if it cannot.
// - It logs nothing without MHD_USE_ERROR_LOG, and sends with MSG_NOSIGNAL.
// - A connection whose socket was shut down in both directions is closed by the next MHD_run(); the notification comes
//   before close(2).
// - The URI callback comes when the first line of a request is complete, the handler twice or more: with the header,
// with
//   each part of the body, with the end. The notification of completion follows if the URI callback came.
// - It watches edges, reads less than there was room for, and takes it that there is no more: so it never sees the end
// of
//   a client that comes together with a request. ConnectionTable::NoteEnded() is for that.
// - It answers by itself, in HTML: what is no HTTP/1 (400, 505), a header that does not fit its memory (431, 414).
// - It ends names and values of headers at a NUL; see HttpRequest::holds_nul.
class MhdDaemon {
 public:
  // kCannotCreate if there are not enough descriptors or memory. It takes two descriptors.
  static Result<std::unique_ptr<MhdDaemon>> Start(HttpResponder& responder, ConnectionTable& table);
  ~MhdDaemon();  // closes all connections
  MhdDaemon(const MhdDaemon&) = delete;
  MhdDaemon& operator=(const MhdDaemon&) = delete;

  [[nodiscard]] int epoll_fd() const;
  // Run() has more to do, whether anything becomes ready or not.
  [[nodiscard]] bool has_work() const;
  // Takes the descriptor of a connection, to close it in the end, and puts it into the table until then.
  void Add(int fd);
  // Reads and writes what can be without waiting.
  void Run();
  // A NUL came on this connection.
  void NoteNul(int fd);

 private:
  // What is kept of a connection.
  struct Connection {
    std::optional<MhdExchange> exchange;
    bool holds_nul = false;
  };
  struct Callbacks;  // what libmicrohttpd calls
  MhdDaemon(HttpResponder& responder, ConnectionTable& table) : responder_(responder), table_(table) {}

  void BeginRequest(int fd, std::string_view target);
  int HandlePart(MHD_Connection* connection, std::string_view method, std::string_view version, std::string_view part);
  int SendAnswer(MHD_Connection* connection, const MhdExchange& exchange);
  void EndRequest(int fd);
  void Forget(int fd);

  HttpResponder& responder_;
  ConnectionTable& table_;
  std::map<int, Connection> connections_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace vmtelem
