#pragma once

#include <memory>
#include <vector>

#include <sys/epoll.h>

#include "base/clock.h"
#include "base/file_io.h"
#include "base/result.h"
#include "http/connection_table.h"
#include "http/mhd_daemon.h"
#include "http/responder.h"

namespace vmtelem {

// The one wait of the server's thread: for connections, for what comes on them, for the end of somebody's time, and for
// the stop. Run() belongs to that thread; Stop() to any.
class ServerLoop {
 public:
  // `listening` must stay open until it is destroyed. kCannotCreate as HttpServer::Start().
  static Result<std::unique_ptr<ServerLoop>> Make(int listening, HttpResponder& responder, ConnectionTable& table,
                                                  Clock& clock);

  // Until Stop().
  void Run();
  void Stop();

 private:
  ServerLoop(int listening, ConnectionTable& table, Clock& clock)
      : listening_(listening), table_(table), clock_(clock) {}

  Result<void> Open(HttpResponder& responder);
  [[nodiscard]] bool Watch(int fd, std::uint32_t events);
  [[nodiscard]] int Wait_ms() const;
  void Note(const epoll_event& event);
  void LookForNul(int fd);
  void AcceptSome();
  bool AcceptOne();
  void Admit(int fd);
  static void CutOff(int fd);

  int listening_;
  ConnectionTable& table_;
  Clock& clock_;
  FileDescriptor epoll_, stop_;
  std::unique_ptr<MhdDaemon> daemon_;
  SteadyTime accept_from_{};  // later than now after accept(2) failed for want of descriptors
  bool may_accept_ = false;   // somebody waits to be accepted
  bool is_stopped_ = false;
  std::vector<char> looked_at_;  // the bytes of LookForNul()
};

}  // namespace vmtelem
