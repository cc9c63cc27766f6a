vmtelem_stage(
  influx
  SOURCES credentials.cc influx_sink.cc outcome.cc quoted_lines.cc refusal.cc request.cc server_text.cc
          transfer.cc
  STAGES model
  LIBRARIES CURL::libcurl nlohmann_json::nlohmann_json)
