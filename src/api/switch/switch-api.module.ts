import { Module } from '@nestjs/common';
import { DirectoryModule } from '../../nodes/directory/directory.module';
import { LookupDoor } from './lookup-door';
import { XmlCurlCredentials } from './xml-curl-credentials';
import { DirectoryController } from './directory.controller';

/** /freeswitch: what nodes ask */
@Module({
  imports: [DirectoryModule],
  controllers: [DirectoryController],
  providers: [LookupDoor, XmlCurlCredentials],
})
export class SwitchApiModule {}
