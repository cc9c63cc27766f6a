vmtelem_unit_test(base SOURCES backoff_test.cc glob_test.cc gzip_test.cc log_test.cc notifier_test.cc parse_test.cc secret_file_test.cc secret_mask_test.cc utf8_test.cc visible_text_test.cc)
