vmtelem_unit_test(
  config
  SOURCES env_file_test.cc load_test.cc proxy_test.cc settings_test.cc spool_directory_test.cc suggest_test.cc token_test.cc url_test.cc)
