vmtelem_stage(
  encode
  SOURCES influx_encoder.cc json_encoder.cc line_writer.cc names.cc prometheus_encoder.cc series.cc
  STAGES model
  LIBRARIES nlohmann_json::nlohmann_json)
