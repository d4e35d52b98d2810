# cmake -DOUT=redis_library.cpp -DFILE=reginfod1.lua -P embed.cmake: a file as a C++ byte array.
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(('[^']+',){16})" "\\1\n    " bytes "${bytes}")
set(code "#include \"core/storage/redis/redis_library.hpp\"\n\nnamespace reginfo {\nnamespace {\n\n")
string(APPEND code "constexpr char kCode[] = {\n    ${bytes}\n};\n\n}  // namespace\n\n")
string(APPEND code "std::string_view redis_library_code() { return {kCode, sizeof kCode}; }\n\n")
string(APPEND code "}  // namespace reginfo\n")
file(WRITE ${OUT} "${code}")
