vmtelem_stage(
  influx
  SOURCES credentials.cc exchange_watch.cc influx_sink.cc open_connections.cc outcome.cc quoted_lines.cc refusal.cc
          request.cc reuse_trial.cc server_text.cc transfer.cc
  STAGES model
  LIBRARIES CURL::libcurl nlohmann_json::nlohmann_json)
