import 'reflect-metadata';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { MethodTable } from './method-table.js';
import { Method, RpcGateway } from './rpc.js';

@RpcGateway()
class OneGateway {
  @Method('same.name', { scope: 'operator.read' })
  same(): void {}

  @Method('other.name')
  other(): void {}
}

@RpcGateway()
class TwoGateway {
  @Method('same.name', { scope: 'public' })
  alike(): void {}
}

/** Not declared a gateway: its method is none. */
class NoGateway {
  @Method('no.name')
  none(): void {}
}

async function tableOf(...gateways: (new () => object)[]): Promise<MethodTable> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [MethodTable, ...gateways],
  }).compile();
  await module.init();
  return module.get(MethodTable);
}

describe('the method table', () => {
  it('refuses to start with two methods of one name', async () => {
    await expect(tableOf(OneGateway, TwoGateway)).rejects.toThrow('two WebSocket methods are called same.name');
  });

  it('S119: gives admins alone what says nothing of its scope', async () => {
    const table = await tableOf(OneGateway);
    expect(table.find('other.name').access).toBe('operator.admin');
    expect(table.namesFor(['operator.write'])).toEqual(['same.name']);
    expect(table.namesFor(['operator.admin'])).toEqual(['same.name', 'other.name']);
  });

  it('holds the methods of gateways only', async () => {
    const table = await tableOf(NoGateway, OneGateway);
    expect(() => table.find('no.name')).toThrow('unknown method: no.name');
  });
});
