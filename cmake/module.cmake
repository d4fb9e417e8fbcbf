include(GoogleTest)

find_program(CARNYX_CCACHE ccache)
if(CARNYX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CARNYX_CCACHE}")
endif()

# carnyx_module(NAME [DEPENDS module...]): the static library carnyx_NAME from src/NAME/*.cpp and one
# folder below. A module that has headers only is an interface library, so the ones above still link.
function(carnyx_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  list(TRANSFORM arg_DEPENDS PREPEND carnyx_)
  file(GLOB sources CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp" "${PROJECT_SOURCE_DIR}/src/${name}/*/*.cpp")
  set(CARNYX_MODULES ${CARNYX_MODULES} ${name} PARENT_SCOPE)
  if(NOT sources)
    add_library(carnyx_${name} INTERFACE)
    target_include_directories(carnyx_${name} INTERFACE "${PROJECT_SOURCE_DIR}/include")
    target_compile_features(carnyx_${name} INTERFACE cxx_std_20)
    target_link_libraries(carnyx_${name} INTERFACE ${arg_DEPENDS})
    return()
  endif()
  add_library(carnyx_${name} STATIC ${sources})
  # Those that compile themselves once per instruction set can't share a compilation.
  list(FILTER sources INCLUDE REGEX "/cpu/")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_include_directories(carnyx_${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/include" PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_features(carnyx_${name} PUBLIC cxx_std_20)  # of programs that link it too
  target_link_libraries(carnyx_${name} PUBLIC ${arg_DEPENDS})
  carnyx_third_party(${name})
  carnyx_compile_options(carnyx_${name})
endfunction()

# carnyx_emulated_tiles(NAME): with CARNYX_EMULATE_TILES, and where this machine lacks tile registers,
# the module plays them by vectors.
function(carnyx_emulated_tiles name)
  if(NOT CARNYX_EMULATE_TILES)
    return()
  endif()
  file(STRINGS /proc/cpuinfo tiles REGEX "amx_bf16" LIMIT_COUNT 1)
  if(NOT tiles)
    target_compile_definitions(carnyx_${name} PRIVATE CARNYX_EMULATE_TILES)
  endif()
endfunction()

# carnyx_compiled_as_released(NAME): the module's tests run the code that users run, in dev too.
function(carnyx_compiled_as_released name)
  if(NOT CARNYX_SANITIZE)
    target_compile_options(carnyx_${name} PRIVATE -O3 $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  endif()
endfunction()

# carnyx_program(): the executable carnyx at the top of the build folder.
function(carnyx_program)
  if(EXISTS "${PROJECT_SOURCE_DIR}/apps/carnyx/main.cpp")
    add_executable(carnyx apps/carnyx/main.cpp)
    set_target_properties(carnyx PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_link_libraries(carnyx PRIVATE carnyx_cli)
    carnyx_compile_options(carnyx)
  endif()
endfunction()

# carnyx_tests(NAME LINKS module...): tests/NAME/*_test.cpp as NAME_tests, each case a CTest test
# labelled NAME. Files ending in _threads_test.cpp go to NAME_threads_tests, labelled `threads` too:
# those are the ones that the thread sanitizer runs. _slow_test.cpp likewise, labelled `slow`. Files
# of other names are linked to all of them. Tests of the program itself wait for it to be built.
function(carnyx_tests name)
  cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
  file(GLOB support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp")
  set(sources ${support})
  list(FILTER sources INCLUDE REGEX "_test\\.cpp$")
  list(FILTER support EXCLUDE REGEX "_test\\.cpp$")
  foreach(kind IN ITEMS threads slow)
    set(kind_sources ${sources})
    list(FILTER kind_sources INCLUDE REGEX "_${kind}_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "_${kind}_test\\.cpp$")
    carnyx_test_executable(
      ${name}_${kind}_tests "${kind_sources}" "${support}" "${arg_LINKS}" "${name};${kind}")
  endforeach()
  carnyx_test_executable(${name}_tests "${sources}" "${support}" "${arg_LINKS}" "${name}")
endfunction()

# All that is under the thread sanitizer, so that its preset builds nothing else.
add_custom_target(threads_tests)

function(carnyx_test_executable target sources support modules labels)
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources} ${support})
  configure_file("${PROJECT_SOURCE_DIR}/tests/.clang-tidy"  # beside the files that compile many at once
    "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/.clang-tidy" COPYONLY)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}")
  list(TRANSFORM modules PREPEND carnyx_)
  target_link_libraries(${target} PRIVATE ${modules} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE CARNYX_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    CARNYX_PROGRAM="${PROJECT_BINARY_DIR}/carnyx")
  carnyx_compile_options(${target})
  if(threads IN_LIST labels)
    add_dependencies(threads_tests ${target})
  endif()
  if(integration IN_LIST labels AND TARGET carnyx)
    add_dependencies(${target} carnyx)
  endif()
  if(CARNYX_SANITIZE)
    carnyx_sanitized_test(${target} "${labels}")
    return()
  endif()
  # NO_PRETTY_VALUES: a parameter's bytes may be addresses, and a name must not change between runs.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES)
  # gtest_discover_tests cannot pass a list of labels on, so CTest sets them after it.
  set(label_file "${PROJECT_BINARY_DIR}/${target}_labels.cmake")
  file(WRITE "${label_file}" "if(${target}_TESTS)\n  set_tests_properties(\${${target}_TESTS} "
    "PROPERTIES LABELS \"${labels}\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${label_file}")
endfunction()

# Under a sanitizer a process costs a tenth of a second to start: a few for all tests of TARGET, not one
# a test. The tests themselves are not what is slow there, so they compile without optimization.
function(carnyx_sanitized_test target labels)
  target_compile_options(${target} PRIVATE -O0)
  set(shards 4)
  foreach(shard RANGE 1 ${shards})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${target}.${shard} COMMAND ${target})
    set_tests_properties(${target}.${shard} PROPERTIES LABELS "${labels}"
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# carnyx_benchmarks(NAME): bench/NAME/*_bench.cpp as NAME_bench.
function(carnyx_benchmarks name)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/${name}/*_bench.cpp")
  if(sources)
    find_package(benchmark REQUIRED)
    add_executable(${name}_bench ${sources})
    target_include_directories(${name}_bench PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(${name}_bench PRIVATE carnyx_${name} benchmark::benchmark_main)
    carnyx_compile_options(${name}_bench)
  endif()
endfunction()

# carnyx_fuzz(NAME MODULE...): fuzz/NAME_fuzz.cpp. With CARNYX_BUILD_FUZZERS a libFuzzer target; in
# every other build a plain program that replays fuzz/corpus/NAME/, run by CTest if that folder exists.
function(carnyx_fuzz name)
  add_executable(${name}_fuzz "${PROJECT_SOURCE_DIR}/fuzz/${name}_fuzz.cpp")
  add_dependencies(fuzzers ${name}_fuzz)
  target_include_directories(${name}_fuzz PRIVATE "${PROJECT_SOURCE_DIR}/src")
  set(modules ${ARGN})
  list(TRANSFORM modules PREPEND carnyx_)
  target_link_libraries(${name}_fuzz PRIVATE ${modules})
  carnyx_compile_options(${name}_fuzz)
  set(corpus "${PROJECT_SOURCE_DIR}/fuzz/corpus/${name}")
  if(CARNYX_BUILD_FUZZERS)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name}_fuzz PRIVATE "${PROJECT_SOURCE_DIR}/fuzz/replay_main.cpp")
    if(EXISTS "${corpus}")
      add_test(NAME Fuzz.${name}ReplaysItsCorpus COMMAND ${name}_fuzz "${corpus}")
      set_tests_properties(Fuzz.${name}ReplaysItsCorpus PROPERTIES LABELS fuzz)
    endif()
  endif()
endfunction()

function(carnyx_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wno-sign-conversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
    -fno-omit-frame-pointer)
  # Products and sums become one operation where the code says so: left to the compiler, two copies
  # of a loop give an element different bits.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${target} PRIVATE -Wthread-safety -Wimplicit-fallthrough -Wnull-dereference)
  endif()
  if(CARNYX_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CARNYX_SANITIZE)
    # Not vptr: its look at an object's type asks the system about memory, which a confined reader may not.
    # Not float-cast-overflow: Highway's scalar target converts a NaN as its vector targets do.
    target_compile_options(${target} PRIVATE -fsanitize=${CARNYX_SANITIZE} -fno-sanitize-recover=all
      -fno-sanitize=vptr,float-cast-overflow)
    target_link_options(${target} PUBLIC -fsanitize=${CARNYX_SANITIZE})
  endif()
endfunction()
