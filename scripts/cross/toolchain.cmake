# For CMake on Linux: another machine, by the compiler of PyPI's ziglang, which has every C library that it needs.
#   VSDEBLUR_ZIG in the environment: the program zig
#   VSDEBLUR_ZIG_TARGET: what it compiles for, such as aarch64-linux-gnu.2.28 (the glibc) or aarch64-macos.13.0
set(zig $ENV{VSDEBLUR_ZIG})
set(target $ENV{VSDEBLUR_ZIG_TARGET})
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${target}")
if(target MATCHES "-macos")
    set(CMAKE_SYSTEM_NAME Darwin)
    # CMake asks for it, and the names in a wheel's libraries need no change.
    set(CMAKE_INSTALL_NAME_TOOL true)
    set(CMAKE_USER_MAKE_RULES_OVERRIDE ${CMAKE_CURRENT_LIST_DIR}/macos.cmake)
else()
    set(CMAKE_SYSTEM_NAME Linux)
endif()
set(CMAKE_C_COMPILER ${zig} cc -target ${target})
set(CMAKE_CXX_COMPILER ${zig} c++ -target ${target})
set(CMAKE_AR ${zig})
set(CMAKE_RANLIB ${zig})
foreach(language C CXX)
    set(CMAKE_${language}_ARCHIVE_CREATE "<CMAKE_AR> ar qc <TARGET> <LINK_FLAGS> <OBJECTS>")
    set(CMAKE_${language}_ARCHIVE_APPEND "<CMAKE_AR> ar q <TARGET> <LINK_FLAGS> <OBJECTS>")
    set(CMAKE_${language}_ARCHIVE_FINISH "<CMAKE_RANLIB> ranlib <TARGET>")
endforeach()
# No strip of this machine's knows the other's files.
set(CMAKE_MODULE_LINKER_FLAGS_INIT -s)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
