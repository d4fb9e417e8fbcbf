# Every third-party library, the one or two modules that touch it, and why. All come from Debian
# packages (tools/packages.txt); none is visible in include/carnyx/, so all are linked PRIVATE.
# A library is looked for only when a module that needs it is built.

# carnyx_third_party(MODULE): links what MODULE needs from outside to carnyx_MODULE.
function(carnyx_third_party module)
  if(module STREQUAL base)
    carnyx_cmake_package(${module} fmt fmt::fmt)  # numbers and messages as text: g++ 12 has no std::format
    carnyx_cmake_package(${module} spdlog spdlog::spdlog)  # log lines from many threads, whole and in order
    carnyx_pkg_config(${module} libcrypto)  # SHA-256 and MD5 of data sets and checkpoints
    carnyx_pkg_config(${module} yaml-cpp)   # recipes, which people write by hand
    carnyx_cmake_package(${module} Threads Threads::Threads)  # std::jthread
  elseif(module STREQUAL kernels)
    carnyx_pkg_config(${module} libhwy)  # one vector source for SSE4 to AVX-512, chosen when it runs
    carnyx_cmake_package(${module} Threads Threads::Threads)  # the pool's std::jthread
  elseif(module STREQUAL saving)
    carnyx_pkg_config(${module} hdf5-serial)  # .h5 and the weights inside .keras: Keras's own container
    carnyx_pkg_config(${module} libzip)       # .keras is a zip archive
    carnyx_pkg_config(${module} zlib)         # checksums of archive members
    carnyx_pkg_config(${module} libcrypto)    # SHA-256 in a checkpoint's manifest
    carnyx_pkg_config(${module} libseccomp)   # HDF5 files are read in a child that may not open others
  elseif(module STREQUAL data)
    carnyx_pkg_config(${module} zlib)     # data sets come as .gz
    carnyx_pkg_config(${module} libzip)   # npz archives
    carnyx_pkg_config(${module} libpng)   # images of a folder, or inside a TFRecord
    carnyx_pkg_config(${module} libjpeg)  # likewise
    carnyx_pkg_config(${module} libcurl)  # fetching them over HTTPS
    carnyx_cmake_package(${module} Threads Threads::Threads)  # threads that parse
  elseif(module STREQUAL cli)
    carnyx_cmake_package(${module} CLI11 CLI11::CLI11)  # subcommands, flags and their help
  endif()
endfunction()

function(carnyx_cmake_package module package target)
  find_package(${package} REQUIRED)
  target_link_libraries(carnyx_${module} PRIVATE ${target})
endfunction()

function(carnyx_pkg_config module package)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(carnyx_${package} REQUIRED IMPORTED_TARGET GLOBAL ${package})
  target_link_libraries(carnyx_${module} PRIVATE PkgConfig::carnyx_${package})
endfunction()
