# A room is one folder, one static library and one include prefix. A target sees the headers of the rooms that it
# names under DEPENDS and no others, so a wrong #include fails to build instead of passing review.

add_library(vcplay_flags INTERFACE)
target_compile_options(vcplay_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wcast-qual -Wcast-align
  -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wundef -Wimplicit-fallthrough -Werror
  -fno-omit-frame-pointer)
target_compile_options(vcplay_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
# GCC 12 when it optimizes: `"literal" + std::string` looks like an overlapping copy to it (GCC bug 105651), and comparing
# two vectors of bytes like reading half of all memory.
target_compile_options(vcplay_flags INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-restrict -Wno-stringop-overread>)
if(VCPLAY_SANITIZE)
  target_compile_options(vcplay_flags INTERFACE -fsanitize=${VCPLAY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(vcplay_flags INTERFACE -fsanitize=${VCPLAY_SANITIZE})
else()
  # What an attacker who has found a fault meets; tests/lint/hardened looks at what came of it.
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag("-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror" vcplay_can_fortify_3)
  target_compile_options(vcplay_flags INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=$<IF:$<BOOL:${vcplay_can_fortify_3}>,3,2>>
    -fstack-protector-strong)
  # Control flow: CET on x86, BTI and PAC on arm64.
  foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "vcplay_has${flag}" has)
    check_cxx_compiler_flag("${flag} -Werror" ${has})
    if(${has})
      target_compile_options(vcplay_flags INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(vcplay_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
# What fuzzing wants of a room: the program's way through it is written down, and spans and vectors know their ends. Every
# program that links such a room needs the runtime that writes it down.
add_library(vcplay_room_flags INTERFACE)
target_link_libraries(vcplay_room_flags INTERFACE vcplay_flags)
if(VCPLAY_FUZZ)
  target_compile_options(vcplay_room_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_compile_definitions(vcplay_room_flags INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(vcplay_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# vcplay_room(name FOLDER dir SOURCES ... DEPENDS rooms... LIBRARIES public third-party... FENCED private third-party...)
function(vcplay_room name)
  cmake_parse_arguments(ARG "" "FOLDER" "SOURCES;DEPENDS;LIBRARIES;FENCED" ${ARGN})
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER ${name})
  endif()
  set(view ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${view})
  if(NOT EXISTS ${view}/${ARG_FOLDER})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${ARG_FOLDER} SYMBOLIC)
  endif()
  if(ARG_SOURCES)
    add_library(vcplay_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(vcplay_${name} PRIVATE vcplay_room_flags ${ARG_FENCED})
  else()
    add_library(vcplay_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(vcplay_${name} ${scope} ${view})
  foreach(room IN LISTS ARG_DEPENDS)
    target_link_libraries(vcplay_${name} ${scope} vcplay_${room})
  endforeach()
  target_link_libraries(vcplay_${name} ${scope} ${ARG_LIBRARIES})
endfunction()
