# CMake includes it once it has its own rules for macOS. zig links no bundle, which differs from a library only in that
# nothing can be linked to it: both are loaded alike.
foreach(language C CXX)
    set(CMAKE_SHARED_MODULE_CREATE_${language}_FLAGS -dynamiclib)
    set(CMAKE_SHARED_MODULE_LOADER_${language}_FLAG "")
endforeach()
