cmake_minimum_required(VERSION 3.25)

# Run before the package is made. Without these CPack would make one that depends on no library.
foreach(tool dpkg-shlibdeps file)
    string(MAKE_C_IDENTIFIER "path_of_${tool}" path)
    find_program(${path} ${tool})
    if(NOT ${path})
        message(FATAL_ERROR
            "${tool} is missing: it finds the libraries that the package depends on. "
            "Run deploy/package, or as root: apt-get install dpkg-dev file")
    endif()
endforeach()
