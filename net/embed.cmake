# Writes OUT, a source file that holds all files of the folder DIST in the program, as static_files.hpp declares them.
# Run at each build (cmake -DDIST=... -DOUT=... -P embed.cmake); OUT is only touched where something has changed.
file(GLOB_RECURSE paths RELATIVE ${DIST} ${DIST}/*)
list(SORT paths)
set(bytes "")
set(table "")
set(index 0)
foreach(path IN LISTS paths)
  file(SHA256 ${DIST}/${path} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  set(symbol "stet_file_${index}")
  # The hash stands in the source so that a change of the content is a change of the source.
  string(APPEND bytes "extern \"C\" const char ${symbol}[], ${symbol}_end[];\n"
    "__asm__(\".pushsection .rodata\\n.balign 16\\n${symbol}:\\n.incbin \\\"${DIST}/${path}\\\"\\n${symbol}_end:\\n.popsection\");\n")
  string(APPEND table
    "      {\"/${path}\", \"\\\"${hash}\\\"\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
  math(EXPR index "${index} + 1")
endforeach()
set(source "// Generated from web/dist by net/embed.cmake.
#include \"net/http/static_files.hpp\"

${bytes}
namespace stet::net {

const std::vector<StaticFile>& embedded_files() {
  static const std::vector<StaticFile> files{
${table}  };
  return files;
}

}  // namespace stet::net
")
set(old "")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT old STREQUAL source)
  file(WRITE ${OUT} "${source}")
endif()
