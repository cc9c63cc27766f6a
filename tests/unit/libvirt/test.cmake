vmtelem_unit_test(
  libvirt
  SOURCES bulk_decode_test.cc
          connecting_test.cc
          device_cache_test.cc
          domain_filter_test.cc
          domain_xml_test.cc
          host_name_test.cc
          incarnations_test.cc
          lane_test.cc
          libvirt_hooks.cc
          libvirt_source_test.cc
          parking_test.cc
          reconnect_pause_test.cc
          single_calls_test.cc
          stats_reader_test.cc
          uri_test.cc
          values_test.cc
          virt_error_test.cc
  LIBRARIES ${CMAKE_DL_LIBS})
target_compile_definitions(unit_libvirt PRIVATE VMTELEM_NODE_XML="${PROJECT_SOURCE_DIR}/tests/fakes/node.xml")
