# What dlbricks stands on, all from Debian packages. Everything that is missing is named at once,
# with the package to install.
find_package(PkgConfig REQUIRED)
set(DLB_MISSING "")

macro(dlb_missing package)
  list(APPEND DLB_MISSING ${package})
endmacro()

function(dlb_pkg target module package)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
  if(${target}_FOUND)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE PkgConfig::${target})
  else()
    set(DLB_MISSING "${DLB_MISSING};${package}" PARENT_SCOPE)
  endif()
endfunction()

dlb_pkg(jansson jansson libjansson-dev)
dlb_pkg(hwloc hwloc libhwloc-dev)
dlb_pkg(libmd libmd libmd-dev)
dlb_pkg(protobuf_c libprotobuf-c libprotobuf-c-dev)

find_program(PROTOC_C NAMES protoc-c protoc)
if(NOT PROTOC_C)
  dlb_missing(protobuf-c-compiler)
endif()

find_package(OpenMP COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  dlb_missing("gcc (clang: libomp-dev)")
endif()

# Not through oneDNN's CMake package: Debian 12's also asks for OpenCL's headers.
find_path(DNNL_INCLUDE oneapi/dnnl/dnnl_version.h)
find_library(DNNL_LIBRARY dnnl)
if(DNNL_INCLUDE AND DNNL_LIBRARY)
  add_library(onednn INTERFACE)
  target_include_directories(onednn SYSTEM INTERFACE ${DNNL_INCLUDE})
  target_link_libraries(onednn INTERFACE ${DNNL_LIBRARY})
else()
  dlb_missing(libdnnl-dev)
endif()

# The OpenMP build: the default pthread build would run threads of its own beside oneDNN's team.
find_path(OPENBLAS_OPENMP_INCLUDE cblas.h
          PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
                /usr/include/${CMAKE_C_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
find_library(OPENBLAS_OPENMP_LIBRARY openblas
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
                   /usr/lib/${CMAKE_C_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
if(OPENBLAS_OPENMP_INCLUDE AND OPENBLAS_OPENMP_LIBRARY)
  add_library(openblas INTERFACE)
  target_include_directories(openblas SYSTEM INTERFACE ${OPENBLAS_OPENMP_INCLUDE})
  target_link_libraries(openblas INTERFACE ${OPENBLAS_OPENMP_LIBRARY})
else()
  dlb_missing(libopenblas-openmp-dev)
endif()

if(BUILD_TESTING)
  dlb_pkg(cmocka cmocka libcmocka-dev)
endif()

if(DLB_MISSING)
  list(REMOVE_ITEM DLB_MISSING "")
  list(JOIN DLB_MISSING " " DLB_MISSING)
  message(FATAL_ERROR "missing, install with: apt-get install ${DLB_MISSING}")
endif()
