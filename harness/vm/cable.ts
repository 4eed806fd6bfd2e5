/**
 * A network cable between a node and the harness: QEMU's `-netdev stream` over a unix socket that we listen on. It needs
 * neither root nor a port of this host, and reaches nothing that the harness does not put at its other end.
 */

/** Where the harness waits for the cable of a machine whose sockets are in `directory`. */
export function cableSocket(directory: string): string {
  return `${directory}/cable`;
}

/** The `-netdev` of such a machine. */
export function cableNetdev(id: string, directory: string): string {
  const path = cableSocket(directory).replaceAll(',', ',,');
  return `stream,id=${id},server=off,addr.type=unix,addr.path=${path}`;
}
