/** The far end of a node's network cable: a host inside the harness, and nothing else. */
export { TcpConnection } from './tcp-connection.js';
export { MTU, VirtualHost } from './virtual-host.js';
