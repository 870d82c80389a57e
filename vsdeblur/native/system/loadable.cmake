# vsdeblur_loadable(TARGET [OPEN] SHOWS NAME...): TARGET is a library that other programs load. It brings its own C++ runtime,
# shows these names and no others (a * at a name's end stands for any letters), leaves no symbol open, and stays in the
# process once it is loaded, as the runtimes do that it loads.
#   OPEN: the program that loads it has symbols for it
function(vsdeblur_loadable target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "OPEN" "" "SHOWS")
    set(list ${CMAKE_CURRENT_BINARY_DIR}/${target}.names)
    if(WIN32)
        # MinGW's thread library too. What is shown is marked in the source, and no symbol can be left open.
        set(options -static LINKER:--exclude-libs,ALL LINKER:--gc-sections)
    elseif(APPLE)
        # The C++ runtime is the system's, or one that the linker hides; no symbol is left open unless it is told to.
        set(options LINKER:-dead_strip)
        if(arg_OPEN)
            list(APPEND options LINKER:-undefined,dynamic_lookup)
        endif()
    else()
        list(JOIN arg_SHOWS "; " names)
        file(CONFIGURE OUTPUT ${list} CONTENT "{ global: ${names}; local: *; };\n" @ONLY)
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${list})
        set(options
            $<$<LINK_LANGUAGE:CXX>:-static-libstdc++>
            -static-libgcc
            LINKER:--version-script=${list}
            LINKER:--gc-sections
            LINKER:-z,nodelete
        )
        if(NOT arg_OPEN AND NOT VSDEBLUR_SANITIZE)
            list(APPEND options LINKER:-z,defs)
        endif()
    endif()
    target_link_options(${target} PRIVATE ${options})
endfunction()
