# usage: cmake -D PROGRAM=… -D EMULATOR=… -D NICE=… -D PROPERTIES=… -D FILE=… -P suites.cmake
# Writes FILE, which tells ctest the suites of a GoogleTest program: one process each, since loading a hundred libraries
# anew for each of two thousand tests would take longer than most of them. EMULATOR runs a PROGRAM that was built for
# another processor, and is empty otherwise. NICE runs it so that it gives way to others, or is empty.
set(command ${EMULATOR} ${PROGRAM})
execute_process(COMMAND ${command} --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE status TIMEOUT 60)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} does not list its tests: ${status}\n${listed}")
endif()
string(REPLACE ";" "\;" listed "${listed}")
string(REPLACE "\n" ";" lines "${listed}")
set(quoted "")
foreach(word IN LISTS NICE command)
  string(APPEND quoted " [=[${word}]=]")
endforeach()
set(tests "")
foreach(line IN LISTS lines)
  # "Suite." begins a line, "  Test" follows; what stands behind a # is a parameter.
  if(line MATCHES "^([^ #]+)\\.( *#.*)?$")
    set(suite ${CMAKE_MATCH_1})
    string(APPEND tests "add_test([=[${suite}]=]${quoted} [=[--gtest_filter=${suite}.*]=])\n"
      "set_tests_properties([=[${suite}]=] PROPERTIES ${PROPERTIES})\n")
  endif()
endforeach()
file(WRITE ${FILE} "${tests}")
