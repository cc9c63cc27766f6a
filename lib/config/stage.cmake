vmtelem_stage(
  config
  SOURCES env_file.cc fault.cc layers.cc load.cc parsers.cc proxy.cc proxy_exemption.cc settings.cc spool_directory.cc suggest.cc target_check.cc url.cc
  STAGES model)
